from promofuse.shops.delimited import open_table
from promofuse.shops.text import Gaps


def table_of(text):
    gaps = Gaps("f.csv")
    table = open_table(iter(list(enumerate(text.split("\n"), 1))), gaps, None)
    return table, gaps


def rows_of(text, *columns):
    table, gaps = table_of(text)
    pick = table.header.picker(columns)
    return [(number, *pick(cells)) for number, cells in table.rows], [(gap.line, gap.reason) for gap in gaps.found]


def test_columns_are_found_whatever_case_spacing_and_order():
    header = table_of('\ufeff"Unit Cost" , SKU,unit_price')[0].header

    assert "unit_cost" in header
    assert "sku" in header
    assert "title" not in header
    assert header.name("unit_cost") == "Unit Cost"


def test_absent_columns_are_blank_and_short_rows_are_filled_up():
    rows, gaps = rows_of("a,b,c\n1,2,3\n4", "c", "a", "d")

    assert rows == [(2, "3", "1", ""), (3, "", "4", "")]
    assert not gaps


def test_trailing_blank_cells_are_fine_and_other_extra_cells_are_a_gap():
    rows, gaps = rows_of("a\tb\n1\t2\t\t\n3\t4\t5\n6\t7", "a", "b")

    assert rows == [(2, "1", "2"), (4, "6", "7")]
    assert gaps == [(3, "has 3 cells where the header has 2: remove the stray separator")]


def test_blank_cells_too_many_are_a_shifted_row_unless_the_first_row_has_them_too():
    rows, gaps = rows_of("a,b\n1,2\n3,4,", "a", "b")

    assert rows == [(2, "1", "2")]
    assert gaps == [(3, "has 3 cells where the header has 2: remove the stray separator")]


def test_quotes_between_tabs_are_text():
    assert rows_of('a\tb\n"Mug\t5" x\n""\t"b"', "a", "b")[0] == [(2, '"Mug', '5" x'), (3, '""', '"b"')]


def test_csv_cells_may_be_quoted_and_hold_commas_quotes_and_line_ends():
    rows, gaps = rows_of('a,b\n"x, ""y""",1\n"two\nlines",2\n5" pipe,3\nz,4', "a", "b")

    assert rows == [(2, 'x, "y"', "1"), (3, "two\nlines", "2"), (5, '5" pipe', "3"), (6, "z", "4")]
    assert not gaps


def test_an_unclosed_quote_costs_one_row():
    body = "\n".join(f"{n},{n}" for n in range(300))
    rows, [(line, reason)] = rows_of('a,b\n"oops,1\n' + body, "a", "b")

    assert len(rows) == 300
    assert rows[0] == (3, "0", "0")
    assert (line, "not closed" in reason) == (2, True)


def test_blank_lines_are_skipped_and_still_counted():
    assert rows_of("\na,b\n\n1,2\n  ,\n3,4", "a", "b")[0] == [(4, "1", "2"), (6, "3", "4")]
    assert rows_of("a\tb\n\t\n1\t2", "a", "b")[0] == [(3, "1", "2")]


def test_the_first_of_two_columns_with_one_name_counts():
    assert rows_of("sku,sku,b\n1,2,3", "sku", "b")[0] == [(2, "1", "3")]


def test_no_header_no_table():
    assert table_of("\n  \n")[0] is None
