"""The blocks of code of the README and of the pages in docs/, in the order of a page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>.*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


def blocks_of(text: str) -> list[dict[str, str]]:
    """Return each block of a page: its language, its body, and the comment before it."""
    return [match.groupdict(default="") for match in _BLOCK.finditer(text)]


BLOCKS_OF_PAGE = {page: blocks_of(text) for page, text in PAGES.items()}
BLOCKS = [block for blocks in BLOCKS_OF_PAGE.values() for block in blocks]
