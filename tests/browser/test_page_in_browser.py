"""The report in a browser: wide and narrow, light and dark, by mouse and keyboard, on paper, without scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests import traffic
from tests.browser.conftest import Opened

BROKEN = "chat-stream.ends-with-done"
CASE = "chat-stream/basics/short-reply"
SHOWN = "[...document.querySelectorAll('details.requirement')].filter(item => item.checkVisibility()).map(item => item.id)"
INJECTED = "main :is(script, iframe, style, img[src*=attacker], [onclick], [onerror], [onload], [href^=javascript])"
OPEN_ALL = "() => { for (const item of document.querySelectorAll('details')) item.open = true }"


def by_id(page: Any, name: str) -> Any:
    """An element by its id, whatever characters that has."""
    return page.locator(f'[id="{name}"]')


def is_open(page: Any, name: str) -> bool:
    """Whether what folds under an id is unfolded, and all around it."""
    chain = "item => { for (; item; item = item.parentElement) if (item.open === false) return false; return true }"
    return bool(by_id(page, name).evaluate(chain))


def test_page_opens_within_a_second(opened: Opened, large: Path) -> None:
    """By the processor's time, not the clock's: a machine that does other things meanwhile makes no page slow."""
    with opened(large) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.reload()
        measured = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    assert 0.05 < measured["TaskDuration"] < 1


def test_from_the_verdict_to_the_offending_event(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        assert "Not conformant" in page.locator(".verdict").inner_text()
        page.locator(".shortfalls a", has_text=BROKEN).click()
        entry = by_id(page, BROKEN)
        assert entry.locator("summary .says").first.inner_text() == "A streamed reply ends with an event whose data is exactly [DONE]."
        assert entry.locator("tr.bad").first.is_visible()
        assert entry.locator("tr.bad td").first.inner_text().endswith("◀ here")
        assert entry.locator(".timeline svg").first.is_visible()
        assert entry.locator("article.finding").count() == 1
        assert entry.locator(".finding .others").first.inner_text().startswith("The same in ")


def test_filters_narrow_and_are_kept_in_the_address(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        every = page.evaluate(SHOWN)
        number = page.locator("details.requirement").count()
        page.select_option("select[name=level]", "should")
        page.select_option("select[name=area]", "chat-stream")
        shown = page.evaluate(SHOWN)
        assert 0 < len(shown) < number
        assert all(name.startswith("chat-stream.") for name in shown)
        assert page.locator("output").inner_text() == f"{len(shown)} of {number} requirements shown"
        assert page.url.endswith("#?level=should&area=chat-stream")
        page.reload()
        assert page.evaluate(SHOWN) == shown
        assert page.input_value("select[name=level]") == "should"
        page.get_by_role("button", name="Clear").click()
        page.wait_for_function("!location.hash")
        assert page.evaluate(SHOWN) == every


def test_filter_by_outcome_and_text(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        page.select_option("select[name=outcome]", "unmet")
        unmet = page.evaluate(SHOWN)
        assert BROKEN in unmet
        assert set(unmet) == set(page.evaluate("[...document.querySelectorAll('#unmet > .requirement')].map(item => item.id)"))
        page.fill("input[name=text]", "EXACTLY [done]")
        assert page.evaluate(SHOWN)[0] == BROKEN
        page.fill("input[name=text]", "nothing says this")
        assert page.evaluate(SHOWN) == []
        assert not page.locator("section.group h2").first.is_visible()


def test_search_shows_ids_first_then_sentences(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        before = page.evaluate("[...document.querySelectorAll('details.requirement')].map(item => item.id)")
        page.fill("input[name=text]", "usage")
        shown = page.evaluate(SHOWN)
        named = ["usage" in name for name in shown]
        assert True in named
        assert False in named
        assert named == sorted(named, reverse=True)
        assert page.locator("section.group h2:visible").all_inner_texts() == ["Found"]
        page.fill("input[name=text]", "")
        assert page.evaluate("[...document.querySelectorAll('details.requirement')].map(item => item.id)") == before


@pytest.mark.parametrize("width", [1280, 390])
def test_first_screen_says_what_is_wrong(opened: Opened, report: Path, width: int) -> None:
    with opened(report, width=width) as page:
        first = page.locator(".shortfalls li").first
        assert first.locator(".says").evaluate("item => item.getBoundingClientRect().bottom < innerHeight")
        assert not page.locator("details.legend").first.evaluate("item => item.open")
        assert page.locator(".made-by").inner_text().startswith("Wireproof ")
        assert page.locator("#unmet > [open]").count() == 1


def test_navigation_stays_in_sight_and_leads_to_each_part(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        for name in ("Unmet", "Met and other", "Parameters", "Features", "Times", "Cases"):
            page.locator("nav.contents a", has_text=name).click()
            place = page.locator("nav.contents a", has_text=name).get_attribute("href")
            page.wait_for_function(f"Math.abs(document.querySelector('{place}').getBoundingClientRect().top) < innerHeight")
            assert page.locator("nav.contents").evaluate("item => Math.abs(item.getBoundingClientRect().top) < 1"), name


@pytest.mark.parametrize("name", ["report", "large"])
def test_paper_takes_few_pages(opened: Opened, request: pytest.FixtureRequest, name: str) -> None:
    with opened(request.getfixturevalue(name)) as page:
        printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "15mm"))
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", printed)) <= 20


def test_cell_of_the_matrix_filters(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        page.locator("table.matrix tr", has=page.get_by_role("rowheader", name="chat-stream", exact=True)).locator("td a").first.click()
        page.wait_for_function("document.querySelector('select[name=level]').value === 'must'")
        assert BROKEN in page.evaluate(SHOWN)
        assert page.input_value("select[name=area]") == "chat-stream"


def test_long_reason_in_the_matrix_leaves_room_for_the_facts(opened: Opened, report: Path) -> None:
    row = (
        '<tr><th scope="row">none</th><td colspan="3" class="plain">' + "not offered for a reason that takes many words " * 6 + "</td></tr>"
    )
    with opened(report) as page:
        width = "document.querySelector('dl.facts dd').getBoundingClientRect().width"
        before = page.evaluate(width)
        page.evaluate(f"document.querySelector('table.matrix tbody').insertAdjacentHTML('beforeend', `{row}`)")
        assert page.evaluate(width) > max(200, before / 2)


@pytest.mark.parametrize("number", [2, 3])
def test_compared_runs_fit_on_a_phone(opened: Opened, report: Path, tmp_path: Path, axe: Path, number: int) -> None:
    page_path = tmp_path / "compared.html"
    main(["compare", *[str(report.with_name("run.jsonl"))] * number, "--html", str(page_path)])
    for width in (390, 1280):
        with opened(page_path, width=width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("td[data-label=Verdict]").first.is_visible()
            page.add_script_tag(path=str(axe))
            found = page.evaluate("() => axe.run()")
            assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found["violations"]] == []


@pytest.mark.parametrize("compared", [False, True])
def test_audits_fit_on_a_phone(opened: Opened, tmp_path: Path, axe: Path, compared: bool) -> None:
    log, page_path = tmp_path / "log.jsonl", tmp_path / "audit.html"
    traffic.write(log, 300, shares={"no-object": 0.2, traffic.REPEATED: 0.5})
    main(["audit", str(log), f"--report-dir={tmp_path}"])
    if compared:
        traffic.write(log, 300)
        main(["audit", str(log), f"--report-dir={tmp_path / 'new'}"])
        page_path = tmp_path / "compared.html"
        main(["compare", str(tmp_path / "audit.json"), str(tmp_path / "new" / "audit.json"), "--html", str(page_path)])
    for width in (390, 1280):
        with opened(page_path, width=width) as page:
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.add_script_tag(path=str(axe))
            found = page.evaluate("() => axe.run()")
            assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found["violations"]] == []


@pytest.mark.parametrize("name", ["chat-stream.one-id", "models.list-shape", CASE, f"{BROKEN}:{CASE}"])
def test_deep_link_opens_what_it_names(opened: Opened, report: Path, name: str) -> None:
    with opened(report, at=f"#{name}") as page:
        assert is_open(page, name)
        assert by_id(page, name).evaluate("item => item.getBoundingClientRect().top < innerHeight")


def test_deep_link_shows_what_a_filter_hid(opened: Opened, report: Path) -> None:
    with opened(report, at="#?level=may") as page:
        assert not by_id(page, BROKEN).is_visible()
        page.evaluate(f"location.hash = '{BROKEN}'")
        by_id(page, BROKEN).wait_for(state="visible")
        assert is_open(page, BROKEN)


def test_case_leads_to_its_evidence(opened: Opened, report: Path) -> None:
    with opened(report, at=f"#{CASE}") as page:
        by_id(page, CASE).get_by_role("link", name=BROKEN, exact=True).click()
        assert by_id(page, f"{BROKEN}:{CASE}").is_visible()


def test_all_shown_can_be_opened_and_closed(opened: Opened, report: Path) -> None:
    with opened(report, at="#?area=models") as page:
        page.get_by_role("button", name="Open all shown").click()
        states = "[...document.querySelectorAll('details.requirement')].filter(item => item.checkVisibility()).map(item => item.open)"
        assert set(page.evaluate(states)) == {True}
        page.get_by_role("button", name="Close all").click()
        assert set(page.evaluate(states)) == {False}


def test_curl_is_copied(opened: Opened, report: Path) -> None:
    with opened(report, permissions=["clipboard-read", "clipboard-write"]) as page:
        block = by_id(page, BROKEN).locator(".copied", has_text="curl").first
        block.get_by_role("button").click()
        block.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == block.locator("pre").inner_text()
        assert copied.startswith("curl -sSN http://127.0.0.1:")


def test_keyboard_opens_a_requirement(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        name = page.evaluate("document.querySelector('#unmet > details.requirement:not([open])').id")
        by_id(page, name).locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert is_open(page, name)


def test_page_is_whole_without_scripts(opened: Opened, report: Path) -> None:
    with opened(report, java_script_enabled=False) as page:
        for selector in (".verdict", "table.matrix", ".shortfalls", "#features", "#times svg", "#cases h2"):
            assert page.locator(selector).first.is_visible(), selector
        for selector in ("form.filters", "button.copy", "#results-table", "#show_all_details"):
            assert not page.locator(selector).first.is_visible(), selector
        folded = by_id(page, page.locator("#unmet > details.requirement:not([open])").first.get_attribute("id"))
        folded.locator("summary").first.click()
        assert folded.locator("dl.facts").first.is_visible()


@pytest.mark.parametrize("name", ["report", "attacked"])
def test_injected_markup_stays_inert(opened: Opened, request: pytest.FixtureRequest, name: str) -> None:
    path = request.getfixturevalue(name)
    asked: list[str] = []
    dialogs: list[str] = []

    def close(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with opened(path) as page:
        page.on("request", lambda one: asked.append(one.url))
        page.on("dialog", close)
        page.reload()
        page.evaluate(OPEN_ALL)
        page.locator("main").click(position={"x": 5, "y": 5})
        page.wait_for_timeout(200)
        assert "attacked = 1" in page.locator("main").inner_text()
        assert page.evaluate("typeof attacked") == "undefined"
        assert page.locator(INJECTED).count() == 0
    assert dialogs == []
    assert {url.partition("?")[0].partition("#")[0] for url in asked} == {path.as_uri()}


@pytest.mark.parametrize("name", ["report", "attacked", "large"])
def test_page_is_never_wider_than_a_phone(opened: Opened, request: pytest.FixtureRequest, name: str) -> None:
    with opened(request.getfixturevalue(name), width=360, is_mobile=True, has_touch=True) as page:
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("innerWidth") == 360


@pytest.mark.parametrize(
    ("name", "theme", "width"),
    [("report", "light", 1280), ("report", "dark", 1280), ("report", "light", 360), ("attacked", "dark", 360)],
)
def test_nobody_stumbles(opened: Opened, axe: Path, request: pytest.FixtureRequest, name: str, theme: str, width: int) -> None:
    with opened(request.getfixturevalue(name), width=width, color_scheme=theme) as page:
        page.evaluate("() => { for (const item of document.querySelectorAll('#unmet details, .area, .pytest')) item.open = true }")
        page.add_script_tag(path=axe)
        found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 20
    assert [(violation["id"], violation["nodes"][0]["html"][:200]) for violation in found["violations"]] == []


def test_evidence_is_on_paper(opened: Opened, report: Path) -> None:
    with opened(report, color_scheme="dark") as page:
        page.emulate_media(media="print")
        folded = page.locator("#unmet > details:not([open]) .problems").first
        assert folded.evaluate("item => item.checkVisibility() && item.getBoundingClientRect().height > 0")
        assert not page.locator("form.filters").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
