"""Settings of Sphinx for `make site`; tools/site/build_site.py prepares the pages. Nothing may come from a network."""

from importlib.util import find_spec
from pathlib import Path

project = "Deep learning in notebooks"
html_title = project
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
# Each figure is read by the sentences after it; without this, its description would be the name of a file.
nb_render_image_options = {"alt": "Figure; the text below says what it shows"}
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
# Notebooks are plain Markdown: a line that begins with % is text in Jupyter, so it is text here.
myst_disable_syntax = ["myst_line_comment", "myst_block_break", "myst_target", "myst_role"]

# One file with MathJax and its glyphs, from a package that carries it.
_mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax" / "tex-svg.js"
mathjax_path = _mathjax.name
html_static_path = ["site.css", str(_mathjax)]
html_css_files = ["site.css"]

html_favicon = "favicon.svg"
html_use_index = False

html_theme = "sphinx_book_theme"
# Light or dark as the reader's system asks for, until the button is pressed.
html_context = {"default_mode": "auto"}
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "Text and figures: CC BY 4.0. Code: MIT. Data: see the page on data.",
}
html_copy_source = False
