# make lab    open the course in JupyterLab        make lab ARGS=--no-browser  on a server
# make test   lint, unit tests, every notebook     make run NB=01              one notebook as HTML in build/
# make help   all targets

PYTHON ?= python3
NB ?=
ARGS ?=
URL ?=
# Notebooks that `make test` runs at a time; each may need 2.5 GB and keeps more than one core busy.
WORKERS ?= 2
# What `make test` cuts short: the solved notebooks that take more than a minute train for a few steps only there.
SHORT := --short-above=50
# Where an NVIDIA driver is found, TensorFlow comes with its CUDA libraries.
TENSORFLOW := $(if $(shell command -v nvidia-smi 2>/dev/null),tensorflow[and-cuda],tensorflow)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PY := $(BIN)/python
# The site needs no TensorFlow but Sphinx, so it has an environment of its own.
SITE_VENV := build/site-venv
SITE_READY := $(SITE_VENV)/.ready
SITE_PY := $(SITE_VENV)/bin/python
SUPPORTED = $(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
  { echo "Python 3.10 to 3.13 is needed, $(PYTHON) is another one. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }

.PHONY: help lab test test-all lint run save student lecture-map data grade test-matrix mutate fresh-start bench bench-peers contact-sheet site slides plans check-site set-repo clean

help:
	@echo "make lab               install if needed, open JupyterLab (ARGS=--no-browser for servers)"
	@echo "make test              lint, unit tests, every notebook against its saved outputs; above 50 s, cut short"
	@echo "make test-all          the same, with nothing cut short"
	@echo "make lint              ruff on all code, the linter on the notebooks"
	@echo "make run NB=01         run one notebook, write build/01_....html (NB=solutions/01: solved)"
	@echo "make save NB=01        authors: re-run a solved notebook, save its outputs, renew what hangs on it"
	@echo "make student           authors: write the student editions from notebooks/solutions"
	@echo "make lecture-map       authors: renew docs/lecture_map.md from the notebooks' tags"
	@echo "make data              maintainers: rebuild every file of data/ from its source package"
	@echo "make grade DIR=...     teachers: grade a folder of notebooks that were handed in"
	@echo "make test-matrix       maintainers: all notebooks under other versions, processors, threads, seeds (ARGS=newest)"
	@echo "make mutate            maintainers: plant faults one by one, see which the tests notice (ARGS=heads)"
	@echo "make fresh-start       maintainers: begin as a new user, from a checkout and in a hosted notebook"
	@echo "make site              write the solved notebooks as web pages into build/site, nothing is run"
	@echo "make slides NB=02      teachers: one notebook as slides, build/slides/02_....html (ARGS=--all: beyond the core)"
	@echo "make plans             teachers: the lesson plans as pages that print well, one sheet for each day, in build/plans"
	@echo "make check-site        maintainers: links, and each page in headless Chromium (ARGS=--no-browser: links only)"
	@echo "make bench             maintainers: time and memory of each notebook, on an idle machine"
	@echo "make bench-peers       maintainers: our recipes against plain Keras, on an idle machine"
	@echo "make contact-sheet     authors: renew the README's picture from the saved figures"
	@echo "make set-repo URL=...  owner: set the repository's address in badges and install cells"
	@echo "make clean             remove .venv and build"

$(READY): requirements.txt pyproject.toml
	@$(SUPPORTED)
	$(PYTHON) -m venv $(VENV)
	sed 's/^tensorflow==/$(TENSORFLOW)==/' requirements.txt > $(VENV)/requirements.txt
	sed -i.bak 's|^-e \.$$|-e $(CURDIR)|' $(VENV)/requirements.txt
	$(PY) -m pip install --disable-pip-version-check --quiet -r $(VENV)/requirements.txt
	@touch $(READY)

$(SITE_READY): docs/site/requirements.txt
	@$(SUPPORTED)
	$(PYTHON) -m venv $(SITE_VENV)
	$(SITE_PY) -m pip install --disable-pip-version-check --quiet -r docs/site/requirements.txt
	@touch $(SITE_READY)

lab: $(READY)
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks $(ARGS)

lint: $(READY)
	$(BIN)/ruff check
	$(PY) -m tools.authors.lint_notebooks

test: lint
	$(PY) -m pytest -q -n $(WORKERS) tests
	$(PY) -m pytest -q -n $(WORKERS) --nbval notebooks $(SHORT)

test-all: SHORT :=
test-all: test

run: $(READY)
	$(PY) -m tools.authors.run_notebook $(NB)

save: $(READY)
	$(PY) -m tools.authors.run_notebook --save $(NB)

student: $(READY)
	$(PY) -m tools.authors.make_student

lecture-map: $(READY)
	$(PY) -m tools.authors.lecture_map

data: $(READY)
	$(PY) -m tools.data.build_data

grade: $(READY)
	$(PY) -m tools.teaching.grade "$(DIR)" $(ARGS)

test-matrix: $(READY)
	$(PY) -m tools.release.compatibility $(ARGS)

mutate: $(READY)
	$(PY) -m tools.release.mutate $(ARGS)

fresh-start: $(READY)
	$(PY) -m tools.release.fresh_start checkout
	$(PY) -m tools.release.fresh_start colab

site: $(SITE_READY)
	$(SITE_PY) -m tools.site.build_site

plans: $(READY)
	$(PY) -m tools.teaching.plans

slides: $(SITE_READY)
	$(SITE_PY) -m tools.site.slides $(NB) $(ARGS)

check-site: $(SITE_READY)
	$(SITE_PY) -m tools.site.check_site $(ARGS)

bench: $(READY)
	$(PY) -m tools.release.bench $(ARGS)

bench-peers: $(READY)
	$(PY) -m tools.release.peers $(ARGS)

contact-sheet: $(READY)
	$(PY) -m tools.site.contact_sheet

set-repo: $(READY)
	$(PY) -m tools.authors.set_repo $(URL)

clean:
	rm -rf $(VENV) build
