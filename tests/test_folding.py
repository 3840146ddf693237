"""What two writings of one text share."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.folding import fold, squeeze


def test_squeeze() -> None:
    assert squeeze("  „Größe“ – 12_3!\n") == "grösse123"
    assert squeeze("ＡＢＣ１２") == "abc12"
    assert squeeze("…–!") == ""
    assert squeeze(" A-b_1!\n") == "ab1"


def test_fold() -> None:
    assert fold(" “Größe_X”:\n 12 ") == "grösse x 12"
    assert fold(" “Ａ–B”  c\n") == "a b c"
    assert fold("") == ""
    assert fold(" A-b_1!\n c") == "a b 1 c"


@given(st.text(max_size=60))
def test_the_words_are_the_squeezed_text_in_pieces(text: str) -> None:
    assert squeeze(fold(text)) == squeeze(squeeze(text))
