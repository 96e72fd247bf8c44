"""The built page in the repository is the one that its source gives."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from calipers.agent import server
from calipers.digitisation import DOUBT

FOLDER = Path(server.__file__).resolve().parent
PAGE, STATIC = FOLDER / "page", FOLDER / "static"


def test_the_built_page_is_up_to_date_with_its_source() -> None:
    names = ["index.html", "package-lock.json", "vite.config.ts"]
    names += [path.relative_to(PAGE).as_posix() for path in (PAGE / "src").rglob("*.*") if path.is_file()]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + (PAGE / name).read_bytes())
    assert (STATIC / "assets" / "source.sha256").read_text().strip() == digest.hexdigest(), "run `make web`"


def test_the_page_knows_a_doubt_by_the_word_that_the_digitiser_gives_it() -> None:
    assert f'const DOUBT = "{DOUBT}";' in (PAGE / "src" / "words.ts").read_text("utf-8")


def test_the_page_fetches_nothing_from_elsewhere() -> None:
    for path in (STATIC / "index.html", *STATIC.glob("assets/*.*s")):
        addresses = set(re.findall(r"https?://[\w./-]+", path.read_text("utf-8")))
        assert addresses <= {
            "http://www.w3.org/1998/Math/MathML",
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xhtml",
            "http://www.w3.org/1999/xlink",
        }
