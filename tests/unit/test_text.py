import gzip
import io
import zlib

import pytest

from promofuse.shops.text import MAX_GAPS, MAX_LINE, Gaps, read_lines, survey

NAMES = "name\r\nSofía\r\nMüller\r\n"


def lines_of(raw, fallback="cp1252"):
    file, gaps = io.BytesIO(raw), Gaps("f.txt")
    seen = survey(file, fallback)
    return seen, list(read_lines(file, seen.encoding, gaps)), gaps.found


@pytest.mark.parametrize(
    "raw",
    [
        NAMES.encode("utf-8"),
        NAMES.encode("utf-8-sig"),
        NAMES.encode("utf-16"),
        NAMES.encode("utf-16-le"),
        NAMES.encode("utf-16-be"),
        NAMES.encode("cp1252"),
        NAMES.replace("\r\n", "\n").encode("utf-8"),
        gzip.compress(NAMES.encode("utf-8")),
        gzip.compress(NAMES.encode("cp1252")),
        gzip.compress(NAMES[:9].encode()) + gzip.compress(NAMES[9:].encode()),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "lf", "gz", "gz cp1252", "gz gz"],
)
def test_the_same_lines_come_out_of_every_encoding_and_packing(raw):
    seen, lines, gaps = lines_of(raw)

    assert lines == [(1, "name"), (2, "Sofía"), (3, "Müller")]
    assert seen.finished
    assert not gaps


def test_japanese_reports_are_windows_31j_unless_they_are_utf_8():
    assert lines_of("sku\n青いマグ①\n".encode("cp932"), "cp932")[1][1] == (2, "青いマグ①")
    assert lines_of("sku\n青いマグ①\n".encode(), "cp932")[1][1] == (2, "青いマグ①")


def test_one_wrong_byte_anywhere_makes_the_whole_file_cp1252_and_undefined_bytes_are_replaced():
    raw = b"a\n" * (1 << 20) + b"M\xfcller \x81\n"

    assert lines_of(raw)[1][-1] == ((1 << 20) + 1, "Müller �")


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_file_cut_inside_a_letter_is_still_utf_8(cut):
    raw = "name\nSofía\nJosé 😀".encode()[:-cut]
    seen, lines, [gap] = lines_of(raw)

    assert lines == [(1, "name"), (2, "Sofía")]
    assert not seen.finished
    assert (gap.line, "add a line end" in gap.reason) == (3, True)


def test_a_cut_gzip_file_gives_its_whole_lines():
    text = "".join(f"{n * 7919}\n" for n in range(50_000))
    seen, lines, gaps = lines_of(gzip.compress(text.encode())[:60_000])

    assert not seen.finished
    assert len(lines) > 1000
    assert [line for _, line in lines] == text.split("\n")[: len(lines)]
    assert "still being written" in gaps[0].reason


def test_a_gzip_file_that_only_lacks_its_checksum_is_not_finished():
    seen, lines, [gap] = lines_of(gzip.compress(b"a\nb\n")[:-3])

    assert not seen.finished
    assert lines == [(1, "a"), (2, "b")]
    assert "breaks off" in gap.reason


def test_a_damaged_gzip_file_is_refused():
    packed = bytearray(gzip.compress(b"".join(b"%d\n" % n for n in range(9999))))
    packed[2000] ^= 0xFF

    assert "damaged" in survey(io.BytesIO(bytes(packed)), "cp1252").refusal


def test_a_bomb_is_refused_before_it_is_unpacked():
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()

    assert "not read" in survey(io.BytesIO(bomb), "cp1252").refusal


def test_a_line_of_a_megabyte_and_a_line_with_nul_become_gaps_and_the_rest_is_read():
    raw = b"a\n" + b"x" * (3 * MAX_LINE) + b"\nb\nc\0d\ne\n" + b"y" * (MAX_LINE + 1) + b"\nf\n"
    seen, lines, gaps = lines_of(raw)

    assert lines == [(1, "a"), (3, "b"), (5, "e"), (7, "f")]
    assert [gap.line for gap in gaps] == [2, 4, 6]
    assert seen.finished


def test_only_a_line_feed_ends_a_line():
    assert lines_of("a\x0bb\x0cc\x85d\u2028e\rf\n".encode())[1] == [(1, "a\x0bb\x0cc\x85d\u2028e\rf")]


def test_the_digest_is_of_the_unpacked_bytes():
    assert lines_of(b"a\n")[0].sha256 == lines_of(gzip.compress(b"a\n"))[0].sha256


def test_an_empty_file_is_not_finished():
    assert not lines_of(b"")[0].finished


def test_gaps_are_bounded_and_the_rest_counted():
    gaps = Gaps("f.txt")
    for line in range(MAX_GAPS + 5):
        gaps.add(line + 1, "sku", "is blank")
    gaps.close()

    assert len(gaps.found) == MAX_GAPS + 1
    assert gaps.found[-1].reason.startswith("5 more rows")
