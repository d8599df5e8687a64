"""The package as users get it: quick to import, pinned alike everywhere, complete as a wheel."""

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", line)[0] for line in lines if "==" in line)


def test_import_is_quick_and_loads_no_tensorflow():
    code = """
import sys, time
start = time.process_time()
import dlhelpers
print(time.process_time() - start)
assert not {"tensorflow", "keras", "pandas", "matplotlib"} & set(sys.modules), sorted(sys.modules)
"""
    assert min(float(run(sys.executable, "-c", code)) for _ in range(3)) < 0.2, "a third on a quick machine"


def test_data_and_exercises_load_no_tensorflow():
    code = "import sys, dlhelpers.data, dlhelpers.exercises as e; e.ids(); assert 'tensorflow' not in sys.modules"
    run(sys.executable, "-c", code)


def test_unknown_names_are_refused():
    import dlhelpers

    with pytest.raises(AttributeError, match="no 'plots'; it has .*plot"):
        dlhelpers.plots  # noqa: B018


def test_every_requirement_is_pinned():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        line = line.partition("#")[0].strip()
        assert not line or line == "-e ." or re.match(r"[\w-]+==[\w.]+(; python_version .*)?$", line), line


def test_conda_installs_the_same_pins():
    text = (ROOT / "environment.yml").read_text()
    assert re.search(r"- pip:\n\s+- -r requirements.txt\s*$", text)
    assert not re.search(r"tensorflow|keras|numpy", text), "a version here could contradict requirements.txt"
    assert re.search(r"python=3\.1[0-3]\b", text)


def test_the_package_has_ranges_and_no_pins():
    text = (ROOT / "pyproject.toml").read_text()
    names = re.findall(r'^    "([\w-]+)(.*)",$', text, re.M)
    assert len(names) > 10 and all(re.fullmatch(r">=[\d.]+", bound) for _, bound in names)
    assert "tensorflow-cpu" not in text + (ROOT / "requirements.txt").read_text()


def test_pins_satisfy_the_ranges():
    ranges = dict(re.findall(r'^    "([\w-]+)>=([\d.]+)",$', (ROOT / "pyproject.toml").read_text(), re.M))

    def parts(version: str) -> list[int]:
        return [int(part) for part in version.split(".")]

    for name, pin in pins().items():
        assert parts(pin) >= parts(ranges.get(name, "0")), name


def test_wheel_carries_every_data_set(tmp_path):
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("*.whl")
    clean = tmp_path / "clean"
    venv.create(clean, with_pip=True, system_site_packages=False)
    python = str(clean / "bin" / "python") if sys.platform != "win32" else str(clean / "Scripts" / "python.exe")
    run(python, "-m", "pip", "install", "--no-deps", "--quiet", "--disable-pip-version-check", str(wheel))
    code = f"""
import sys
sys.path.append({str(Path(pytest.__file__).parents[1])!r})  # numpy, pandas, ...: not what is tested here
import dlhelpers
from dlhelpers import data
assert "clean" in dlhelpers.__file__, dlhelpers.__file__
loaders = [name for name in dir(data) if name.startswith("load_") and name != "load_banknote_authentication"]
assert len(loaders) >= 15, loaders
for name in loaders:
    assert len(getattr(data, name)()) > 0, name
from dlhelpers import pretrained
assert len(pretrained.IMAGENET_CLASSES) == 1000 and pretrained._read("imagenet_network")
print(len(loaders))
"""
    assert int(run(python, "-c", code, cwd=tmp_path)) >= 15
