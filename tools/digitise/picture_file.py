"""Pictures and PDFs as pixels: which file is one, how large it may be, how it is turned, which page."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart, UnreadableInput
from calipers.tools.read.files import shown

if TYPE_CHECKING:
    import pypdfium2
    from PIL.Image import Image as PillowImage

#: Pixels of one picture; a scan of A4 at 600 dpi has 35 million.
MAX_PIXELS: Final = 120_000_000
#: Pages of a PDF or TIFF that are looked at for an ECG.
MAX_PAGES: Final = 10
#: A PDF's page is drawn this sharp; 200 dpi are 7.9 pixels a millimetre.
PDF_DPI: Final = 200
LONGEST_PX: Final = 12_000
_SMALLEST_PX: Final = 200
_DRAFT_PIXELS: Final = 40_000_000

Image = NDArray[np.uint8]


def page_count(path: Path) -> int:
    """How many pages a PDF or picture file has.

    Raises:
        UnreadableInput: it cannot be opened.
    """
    if is_pdf(path):
        document = open_pdf(path)
        try:
            return len(document)
        finally:
            document.close()
    from PIL import Image as Pillow

    _know_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns below our limit
            with Pillow.open(path) as opened:
                return int(getattr(opened, "n_frames", 1))
    except Pillow.DecompressionBombError as bomb:
        raise _too_large(path) from bomb
    except (OSError, SyntaxError, ValueError) as damaged:
        raise _damaged(path) from damaged


def picture(path: Path, page: int = 0) -> Image:
    """One page as (h, w, 3) uint8, turned as its camera says, transparent places white.

    Args:
        path: a picture or PDF.
        page: from 0.

    Raises:
        UnreadableInput: it is damaged, encrypted, too large or too small, or has no such page.
    """
    return _pdf_page(path, page) if is_pdf(path) else _picture_page(path, page)


def is_pdf(path: Path) -> bool:
    """By its first bytes."""
    with path.open("rb") as stream:
        return stream.read(5) == b"%PDF-"


def open_pdf(path: Path) -> pypdfium2.PdfDocument:
    """Open a PDF; the caller closes it.

    Raises:
        UnreadableInput: it is encrypted, damaged, or empty.
    """
    try:
        import pypdfium2
    except ImportError as absent:
        raise MissingPart("found no package `pypdfium2`; needed it to read PDFs") from absent
    try:
        document = pypdfium2.PdfDocument(path)
        count = len(document)
    except pypdfium2.PdfiumError as refused:
        if "password" in str(refused).lower():
            raise UnreadableInput(
                f"found an encrypted PDF, `{shown(path.name)}`; needed one that opens without a password"
            ) from refused
        raise _damaged(path) from refused
    if not count:
        document.close()
        raise UnreadableInput(f"found a PDF without pages, `{shown(path.name)}`; needed an ECG page")
    return document


def _pdf_page(path: Path, page: int) -> Image:
    document = open_pdf(path)
    try:
        if not 0 <= page < len(document):
            raise UnreadableInput(f"found {len(document)} pages in `{shown(path.name)}`; needed page {page + 1}")
        sheet = document[page]
        width, height = sheet.get_size()
        scale = PDF_DPI / 72
        if width * height * scale**2 > MAX_PIXELS or max(width, height) * scale > LONGEST_PX:
            raise UnreadableInput(
                f"found a PDF page of {width * 25.4 / 72:,.0f} x {height * 25.4 / 72:,.0f} mm in `{shown(path.name)}`;"
                " needed an ECG page"
            )
        drawn = sheet.render(scale=scale, rev_byteorder=True, no_smoothpath=False).to_numpy()
        return np.ascontiguousarray(drawn[..., :3], dtype=np.uint8)
    finally:
        document.close()


def _picture_page(path: Path, page: int) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageOps

    _know_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns below our limit
            with Pillow.open(path) as opened:
                if page:
                    opened.seek(page)
                if opened.width * opened.height > MAX_PIXELS:
                    raise _too_large(path, opened.width, opened.height)
                if min(opened.size) < _SMALLEST_PX:
                    raise UnreadableInput(
                        f"found a picture of {opened.width} x {opened.height} pixels, `{shown(path.name)}`;"
                        f" needed at least {_SMALLEST_PX} each way"
                    )
                turned = ImageOps.exif_transpose(opened)
                if turned.width * turned.height > _DRAFT_PIXELS and turned.mode in ("1", "P"):
                    turned = turned.convert("L")
                clear = turned.convert("RGBA") if "A" in turned.getbands() or "transparency" in turned.info else turned
                if clear.mode == "RGBA":
                    white = Pillow.new("RGBA", clear.size, "white")
                    clear = Pillow.alpha_composite(white, clear)
                return np.asarray(_eight_bits(clear).convert("RGB"), dtype=np.uint8)
    except Pillow.DecompressionBombError as bomb:
        raise _too_large(path) from bomb
    except EOFError as beyond:
        raise UnreadableInput(f"found no page {page + 1} in `{shown(path.name)}`; needed one") from beyond
    except (OSError, SyntaxError, ValueError) as damaged:
        raise _damaged(path) from damaged


def _eight_bits(image: PillowImage) -> PillowImage:
    """Sixteen-bit grey as eight."""
    if not image.mode.startswith("I"):
        return image
    from PIL import Image as Pillow

    values = np.asarray(image, dtype=np.float32)
    top = max(float(values.max()), 1.0)
    return Pillow.fromarray((values * (255.0 / top)).astype(np.uint8))


def _know_heic() -> None:
    """Let Pillow open HEIC where `pillow-heif` is installed."""
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _too_large(path: Path, width: int = 0, height: int = 0) -> UnreadableInput:
    size = f"a picture of {width:,} x {height:,} pixels" if width else "a picture that unpacks to far too many pixels"
    return UnreadableInput(f"found {size}, `{shown(path.name)}`; needed at most {MAX_PIXELS // 10**6} million")


def _damaged(path: Path) -> UnreadableInput:
    return UnreadableInput(
        f"found a damaged or unsupported picture, `{shown(path.name)}`; needed a whole PNG, JPEG, TIFF, HEIC or PDF"
    )
