"""The compliance page as text: an endpoint's text cannot escape its place, the page's size is bounded, and every link resolves."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from harness.catalog import Catalog
from harness.checks.reply import Reply
from harness.judging.requirement_result import RequirementResult
from harness.judging.verdict import Exit, Verdict
from harness.model import Blame, CaseResult, Exchange, Finding, Level, Outcome, Problem, RunRecord
from harness.reporting import html
from harness.reporting.html import compliance
from harness.reporting.html.arrivals import arrivals
from harness.reporting.html.cases import told_in_table
from harness.reporting.html.drawing import cut, draw, environment, harmless
from harness.reporting.html.excerpt import excerpt
from harness.reporting.html.frame import standalone
from harness.reporting.html.marks import marks
from harness.reporting.html.pretty import marked, read
from tests.browser.runs import ATTACK, BROKEN, CASE, all_at_once, as_read, draw_at_once, header, hostile, missed, page, stream
from tests.inprocess import SUBJECT

HTML = Path(html.__file__).parent
PROBLEM = (Problem("x", "y", "z"),)


class Elements(HTMLParser):
    """What a browser makes of a page: its elements, its ids, its links."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")


def test_nothing_an_endpoint_sends_becomes_markup(catalog: Catalog) -> None:
    harmless = Elements(page(catalog, missed(stream(3), Problem("event 1", "a", "b"))))
    attacked = Elements(hostile(catalog))
    assert set(attacked.tags) <= set(harmless.tags) | {"ol", "li", "mark"}
    assert (attacked.tags["script"], attacked.tags["style"]) == (1, 1)
    assert {name for name in attacked.attributes if name.startswith("on") or name == "src"} == set()
    assert {link.partition(":")[0] for link in attacked.links if not link.startswith("#")} == {"https"}


def test_nothing_an_endpoint_sends_steers_or_breaks_the_file(catalog: Catalog) -> None:
    drawn = hostile(catalog)
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", drawn) == []
    assert drawn.encode()
    for shown in ("\\x1b[31mred\\x00\\x07\\x9b\\ud800\\u202egnirts", "&lt;script&gt;attacked = 1;"):
        assert shown in drawn


def test_what_pytests_table_tells_of_a_case_is_escaped() -> None:
    told = told_in_table(missed(stream(1), Problem(ATTACK, ATTACK, ATTACK)))
    assert Elements(told).tags == {"a": 1, "div": 2}
    assert f'href="#{CASE}"' in told


def test_two_megabytes_on_one_line_are_cut_and_told(catalog: Catalog) -> None:
    long = "<" * 2_000_000
    small = len(page(catalog, missed(stream(1), Problem("event 1", "a", "b"))))
    exchanges = {
        "event": stream(1, data=long),
        "body": replace(stream(1), headers=(), body=long.encode()),
        "string": replace(stream(1), headers=(), body=b'{"a": "' + long.encode() + b'"}'),
        "header": replace(stream(1), headers=(("content-type", "text/event-stream"), ("x", long))),
    }
    for name, exchange in exchanges.items():
        drawn = page(catalog, missed(exchange, Problem("event 1", long, long)))
        assert len(drawn) < small + 60_000, name
        assert re.search(r"\(2,000,0\d\d characters\)", drawn), name


def test_full_run_with_a_hundred_failures_stays_small() -> None:
    drawn, unmet = all_at_once()
    assert len(unmet) >= 100
    assert len(drawn.encode()) < 5_000_000
    for name in unmet:
        assert f' id="{name}"' in drawn


def test_every_link_leads_somewhere_and_every_id_is_given_once() -> None:
    elements = Elements(all_at_once()[0])
    assert [name for name, number in Counter(elements.ids).items() if number > 1] == []
    assert {link[1:] for link in elements.links if link.startswith("#")} - set(elements.ids) == set()


def test_every_case_and_requirement_has_its_place(catalog: Catalog) -> None:
    tested = {name for name, requirement in catalog.requirements.items() if requirement.untestable is None}
    assert {*catalog.cases, *tested} <= set(Elements(all_at_once()[0]).ids)


def test_an_exchange_is_drawn_in_full_once(catalog: Catalog) -> None:
    result = missed(stream(3), Problem("event 2", "a", "b"))
    other = replace(result.findings[0], requirement="chat-stream.chunk-shape")
    drawn = page(catalog, replace(result, findings=(*result.findings, other)))
    assert drawn.count("<h5>Request</h5>") == 1
    assert drawn.count("the whole exchange</a>") == 1
    assert as_read(drawn).count("◀ here") == 2


def test_events_in_between_are_left_out_but_marked_ones_never(catalog: Catalog) -> None:
    drawn = page(catalog, missed(stream(500), Problem("event 250 /choices", "a", "b"), Problem("event 300, later", "a", "b")))
    shown = [int(number) for number in re.findall(r"<tr(?: class=\"bad\")?><td>(\d+)", drawn)]
    assert {1, 250, 300, 500} <= set(shown)
    assert len(shown) < 40
    assert re.findall(r"<td>(\d+) <strong>◀ here", as_read(drawn)) == ["250", "300"]
    left_out = sum(int(number) for number in re.findall(r"… (\d+) events? left out", as_read(drawn)))
    assert left_out + len(shown) == 500


def test_what_a_problem_points_at_is_marked(catalog: Catalog) -> None:
    exchange = replace(stream(0), status=400, headers=(("X-Thing", "1"),), body=b'{"error": {"message": 7, "code": null}}')
    places = ("/error/message", "/error/param", "header x-thing", "status")
    drawn = page(catalog, missed(exchange, *(Problem(place, "a", "b") for place in places)))
    lines = [line.strip() for line in re.findall(r'<mark class="bad">([^<]*)</mark>', drawn)]
    assert lines == ["HTTP 400", "X-Thing: 1", "&#34;error&#34;: {", "&#34;message&#34;: 7,", "}"]


def test_how_an_example_was_found_is_told(catalog: Catalog) -> None:
    drawn = page(catalog, missed(stream(1), Problem("event 1", "a", "b"), reason="the smallest of 200 examples from seed 0"))
    assert "The smallest of 200 examples from seed 0." in drawn


@pytest.mark.parametrize(
    ("exchange", "says"),
    [
        (stream(40), "Streamed: 40 events in 40 reads over 1.95 s; longest gap 50 ms, before event "),
        (stream(40, gap=0.0, wait=2.0), "In one lump: 40 events in 1 read, within 0.0 ms of 2.00 s."),
        (stream(3), "3 events, too few to tell whether they were streamed; the reply took 350 ms."),
        (stream(40, gap=0.001, wait=0.01), "too short to tell whether it was streamed"),
    ],
)
def test_timeline_says_whether_it_streamed(exchange: Exchange, says: str) -> None:
    shown = arrivals(Reply(exchange), ())
    assert shown is not None
    assert says in shown.sentence


def test_timeline_marks_and_joins_ticks(catalog: Catalog) -> None:
    shown = arrivals(Reply(stream(5_000)), {7})
    assert shown is not None
    assert len(shown.loud_ticks) == 1
    assert len(shown.ticks) <= 1_000
    drawn = page(catalog, missed(stream(5_000), Problem("event 7", "a", "b")))
    assert re.findall(r'class="tick bad" d="(M\d+ 0V36)"', drawn) == [f"M{shown.loud_ticks[0]} 0V36"]


def test_no_timeline_without_times() -> None:
    assert arrivals(Reply(replace(stream(3), arrivals=(), seconds=0.0)), ()) is None


@given(st.integers(0, 60), st.sets(st.integers(0, 59)), st.integers(0, 9), st.integers(0, 9), st.integers(0, 3))
def test_excerpt_keeps_what_matters_and_its_order(total: int, places: set[int], head: int, tail: int, around: int) -> None:
    wanted = {place for place in places if place < total}
    ranges = list(excerpt(total, wanted, head=head, tail=tail, around=around))
    kept = [position for one in ranges for position in one]
    assert kept == sorted(set(kept))
    assert wanted | set(range(min(head, total))) | set(range(max(0, total - tail), total)) <= set(kept) <= set(range(total))
    assert all(later.start - earlier.stop > 1 for earlier, later in pairwise(ranges))


def test_json_is_indented_without_being_tidied() -> None:
    lines = [line.text for line in read('{"a":1.50,"a":1e2,"b":[],"c":[{}],"d":NaN}')]
    assert lines == ["{", '  "a": 1.50,', '  "a": 1e2,', '  "b": [],', '  "c": [', "    {}", "  ],", '  "d": NaN', "}"]


@pytest.mark.parametrize("body", ["", "plain\ntext", '{"a": ', "[" * 500 + "]" * 500, "\ufeff{}"])
def test_what_is_no_json_is_shown_as_it_came(body: str) -> None:
    assert "\n".join(line.text for line in read(body)) == body


def test_pointers_are_escaped_as_rfc_6901_has_it() -> None:
    lines = read('{"a/b": {"~": 1}}')
    assert [line.at for line in lines] == ["", "/a~1b", "/a~1b/~0", "/a~1b", ""]
    assert marked(lines, ["/a~1b/~0"]) == {2}
    assert marked(lines, ["/nowhere"]) == set()


def test_places_in_other_words_mark_nothing() -> None:
    found = marks([Problem("text of choice 0", "a", "b"), Problem("", "a", "b"), Problem("event 99999999999", "a", "b")])
    assert (found.events, found.pointers, found.headers, found.status) == ({}, frozenset(), frozenset(), False)


def test_standalone_is_a_whole_document() -> None:
    document = standalone("<b> & co", Markup("<main>inside</main>"))
    assert document.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<title>&lt;b&gt; &amp; co</title>" in document
    assert "<main>inside</main>" in document
    assert "&lt;main&gt;" in draw("standalone.html", title="t", fragment="<main>")  # plain text is shown as text


def test_text_is_cut_before_it_is_escaped() -> None:
    shown = environment().from_string("{{ value|cut(3) }} {{ value }}").render(value="<" * 1_010)
    assert as_read(shown) == "&lt;&lt;&lt;… (1,010 characters) " + "&lt;" * 1_000 + "… (1,010 characters)"


def test_page_is_ascii_and_says_all_the_same(catalog: Catalog) -> None:
    drawn = page(catalog, missed(stream(3), Problem("event 2", "é", "– \u2603")))
    assert drawn.isascii(), "one emoji in it would make a page of a megabyte take four"
    assert "é" in as_read(drawn)
    assert "– ☃" in as_read(drawn)
    assert "&amp;#" not in drawn


@given(st.text())
def test_whatever_a_template_shows_is_harmless(value: str) -> None:
    shown = str(harmless(cut(value, 50)))
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown) == []
    assert Elements(environment().from_string('<p title="{{ value }}">{{ value }}</p>').render(value=value)).tags == {"p": 1}


def test_no_template_lets_anything_pass_as_markup() -> None:
    """What is markup already says so by its type, and only what ``drawing`` made is."""
    for path in sorted((HTML / "templates").glob("*.html")):
        assert re.findall(r"\|\s*safe|autoescape|Markup", path.read_text(encoding="utf-8")) == [], path
    assert [path.name for path in HTML.glob("*.py") if "Markup(" in path.read_text(encoding="utf-8")] == ["drawing.py"]


def test_a_template_that_asks_for_what_is_not_there_fails() -> None:
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        draw("standalone.html", fragment="")


def test_a_hundred_unmet_requirements_are_drawn_within_a_second(catalog: Catalog) -> None:
    assert len(all_at_once()[1]) >= 100  # drawn for the first time: templates are compiled
    began = time.process_time()
    draw_at_once(catalog)
    assert time.process_time() - began < 1


def test_the_broken_requirement_is_open(catalog: Catalog) -> None:
    assert f'id="{BROKEN}" open' in page(catalog, missed(stream(1), Problem("event 1", "a", "b")))


def test_head_tells_the_worst_first_each_with_its_sentence(catalog: Catalog) -> None:
    """By level, and then by the share of the cases that miss it."""
    must, often, seldom = "sse.utf8", "chat-stream.ends-with-done", "chat-stream.chunk-shape"
    cases = list(catalog.cases)[:4]
    should = next(r.id for r in catalog.requirements.values() if r.level is Level.SHOULD and r.untestable is None)
    fails = {must: 2, often: 3, seldom: 1}
    results = []
    for number, case in enumerate(cases):
        found = [
            Finding(case, name, Outcome.FAIL if number < n else Outcome.PASS, PROBLEM if number < n else ()) for name, n in fails.items()
        ]
        results.append(CaseResult(case, (), (*found, Finding(case, should, Outcome.WARN, PROBLEM))))
    head = page(catalog, *results).partition('<ol class="shortfalls"')[2].partition("</ol>")[0]
    assert re.findall(r'href="#([^"]+)"', head) == [often, must, seldom, should]
    assert re.findall(r"(\d of 4|all 4) cases", head) == ["3 of 4", "2 of 4", "1 of 4", "all 4"]
    assert "A streamed reply ends with an event whose data is exactly [DONE]." in head


def test_known_failures_are_shown_as_what_they_are(catalog: Catalog) -> None:
    results = (CaseResult(CASE, (), (Finding(CASE, BROKEN, Outcome.FAIL, PROBLEM),)),)
    accepted = RequirementResult(catalog.requirements[BROKEN], Outcome.FAIL, 1, 1, results[0].findings, known="ticket 12")
    verdict = Verdict("conforms, but for 1 known failure", Exit.CONFORMS, (accepted,), {})
    drawn = compliance.fragment(catalog, SUBJECT, verdict, RunRecord(header(), results, None))
    assert '<div class="verdict short">' in drawn
    assert 'class="shortfalls"' not in drawn
    known = drawn.partition('<section class="group" id="known">')[2].partition("</section>")[0]
    assert 'data-outcome="known failure" data-unmet="no"' in known
    assert "known failure</span>" in known
    assert "ticket 12" in known


def test_error_of_ours_is_no_shortfall_of_the_endpoint(catalog: Catalog) -> None:
    ours = Finding(CASE, "sse.utf8", Outcome.ERROR, (), (), "our own check x raised KeyError", Blame.OURS)
    theirs = Finding(CASE, "http.reply-is-whole", Outcome.ERROR, PROBLEM, (), "the endpoint gave no answer", Blame.THEIRS)
    drawn = page(catalog, CaseResult(CASE, (), (ours, theirs)))
    head = drawn.partition('<ol class="shortfalls"')[2].partition("</ol>")[0]
    assert re.findall(r'href="#([^"]+)"', head) == ["http.reply-is-whole"]
    group = drawn.partition('<section class="group" id="ours">')[2].partition("</section>")[0]
    assert 'data-outcome="our own error" data-unmet="no" id="sse.utf8"' in group


def test_feature_without_a_requirement_of_its_own_tells_its_cases(catalog: Catalog) -> None:
    own = {requirement.feature for requirement in catalog.requirements.values()}
    case = next(case for case in catalog.cases.values() if case.feature not in own)
    drawn = page(catalog, CaseResult(case.id, (), (Finding(case.id, "sse.utf8", Outcome.PASS),)))
    assert "1 case, none with a failure; no requirement is about this alone" in drawn


def test_each_cause_has_one_example_its_plainest_and_only_the_first_is_open(catalog: Catalog) -> None:
    cases = list(catalog.cases)[:4]
    large, small, other = stream(9), stream(1), stream(2)
    large = replace(large, request=replace(large.request, body=b"x" * 999))
    absent, odd = Problem("/id", "a string", "absent"), Problem("/id", "a string", "[]")
    pairs = zip(cases, (large, small, other, large), (absent, absent, odd, absent), strict=True)
    drawn = page(catalog, *(missed(exchange, problem, case=case) for case, exchange, problem in pairs))
    assert re.findall(r'<(article|details) class="finding" id="([^"]+)"', drawn) == [
        ("article", f"{BROKEN}:{cases[1]}"),
        ("details", f"{BROKEN}:{cases[2]}"),
    ]
    same = re.findall(r'<p class="others">The same in (.*?)</p>', drawn)
    assert [re.findall(r'href="#([^"]+)"', told) for told in same] == [sorted([cases[0], cases[3]])]
