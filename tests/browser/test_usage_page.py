"""Who spent what on which model: the admin's page in a real browser."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Count, Q, Sum
from PIL import Image

from ai.models import UpstreamCall
from canvas.core.money import usd_text
from tests.ai.usage import ledger
from tests.browser.conftest import CHROMIUM, DRIVER, hosts_asked
from tests.factories import PASSWORD, make_member, make_user
from tests.scenes.factories import roomy_workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="needs the packages chromium and chromium-driver"
    ),
]


@pytest.fixture
def studios(transactional_db):
    """Two workspaces with two people each, one of them simulated, and a superuser."""
    for name, seed, simulated in (("North Light", 1, False), ("Quay Films", 2, True)):
        workspace = roomy_workspace(name=name)
        people = [
            make_user(first_name=first, last_name=name.split()[0]) for first in ("Ada", "Ben")
        ]
        for person in people:
            make_member(workspace, user=person)
        ledger.write(workspace, count=300, people=people, seed=seed, simulated=simulated)
    make_user(username="operator", is_staff=True, is_superuser=True)


@pytest.fixture
def page(studios, chromium, live_server):
    """The page, after logging in by hand."""
    chromium.get(f"{live_server.url}/admin/usage/")
    find(chromium, "#id_username").send_keys("operator")
    find(chromium, "#id_password").send_keys(PASSWORD)
    find(chromium, "[type=submit]").click()
    for log in ("browser", "performance"):
        chromium.get_log(log)  # the page of the log-in has no part in this
    chromium.refresh()
    assert find(chromium, "#content h1").text == "Usage"
    return chromium


def find(driver, selector):
    return driver.find_element("css selector", selector)


def texts(driver, selector):
    return [one.text for one in driver.find_elements("css selector", selector)]


def table(driver, name):
    script = """return [...document.querySelectorAll(arguments[0])].map(
        row => [...row.children].map(cell => cell.innerText.trim()))"""
    return driver.execute_script(script, f"#{name} tbody tr")


def bars(driver, chart):
    """Give the tooltip and the size on the screen of each bar of a chart."""
    script = """return [...document.querySelectorAll(arguments[0])].map(bar => [
        bar.querySelector('title').textContent, bar.getBoundingClientRect().width,
        bar.getBoundingClientRect().height])"""
    return driver.execute_script(script, f"#{chart} rect.bar")


def shot(driver, name, tmp_path):
    """Take a picture of the whole page; SCREENSHOTS names a folder to keep it in."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    driver.set_window_size(1280, height + 200)
    path = Path(os.environ.get("SCREENSHOTS", tmp_path)) / f"{name}.png"
    assert driver.save_screenshot(str(path))
    return Image.open(path).convert("RGB")


def sums_of(calls, *keys):
    rows = calls.values_list(*keys).annotate(
        cost=Sum("cost_nusd"), n=Count("pk"), failed=Count("pk", filter=Q(status="failed"))
    )
    return {tuple(row[:-3]): (f"${usd_text(row[-3])}", str(row[-2]), str(row[-1])) for row in rows}


def named(sums):
    people = {row.pk: row.get_full_name() for row in get_user_model().objects.all()}
    return {(owner, people[person], slug): told for (owner, person, slug), told in sums.items()}


def test_the_page_shows_who_spent_what_on_which_model(page, live_server, tmp_path):
    calls = UpstreamCall.objects.order_by()

    shown = {
        (row[0], row[1], row[2]): (row[3].partition("\n")[0].split()[-1], row[5], row[6])
        for row in table(page, "who")
    }
    models = {(row[0],): (row[7], row[1], row[2]) for row in table(page, "health-figures")}
    picture = shot(page, "usage", tmp_path)

    assert shown == named(sums_of(calls, "workspace__name", "user_id", "model_slug"))
    assert len(shown) == 32
    assert models == sums_of(calls, "model_slug")
    assert "simulated" in find(page, "#who").text
    for chart in ("cost-by-time", "models", "places", "health"):
        drawn = bars(page, chart)
        assert [name for name, width, height in drawn if width > 0 and height > 0], chart
        assert find(page, f"#{chart}").get_attribute("role") == "img"
        assert page.execute_script(
            "return document.querySelector(arguments[0]).textContent.trim() != ''", f"#{chart} desc"
        )
    assert any("simulated" in name for name, _, _ in bars(page, "cost-by-time"))
    colours = picture.getcolors(picture.width * picture.height)
    assert len(colours) > 200
    assert max(count for count, _ in colours) < 0.95 * picture.width * picture.height
    assert [one for one in page.get_log("browser") if one["level"] == "SEVERE"] == []
    assert hosts_asked(page) == {urlsplit(live_server.url).hostname}


def test_the_filters_and_the_dark_theme_work_in_the_browser(page, live_server, tmp_path):
    calls = UpstreamCall.objects.order_by().filter(workspace__name="North Light")

    find(page, "#who tbody td a").click()
    first = find(page, "select[name=workspace] option:checked").text
    page.get(f"{live_server.url}/admin/usage/?money=paid")
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    paid = {row[0] for row in table(page, "who")}
    light, dark = (
        page.execute_script(
            "return getComputedStyle(document.querySelector(arguments[0])).fill", one
        )
        for one in ("#models rect.bar", "#models text")
    )
    picture = shot(page, "usage-dark", tmp_path)

    assert first in {"North Light", "Quay Films"}
    assert paid == {"North Light"}
    assert (light, dark) == ("rgb(59, 130, 196)", "rgb(238, 238, 238)")
    assert sum(picture.resize((1, 1)).getpixel((0, 0))) < 3 * 80
    assert str(calls.count()) in find(page, ".tiles").text
    assert [one for one in page.get_log("browser") if one["level"] == "SEVERE"] == []


def test_the_admins_own_pages_lead_there(page, live_server):
    for start in ("/admin/", "/admin/ai/upstreamcall/"):
        page.get(live_server.url + start)
        find(page, "a[href='/admin/usage/']").click()
        assert find(page, "#content h1").text == "Usage"
