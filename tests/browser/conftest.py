"""A Chromium that reaches this machine only and tells what it asked for."""

import json
import shutil
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--force-device-scale-factor=1",
)  # fmt: skip


@pytest.fixture
def chromium(tmp_path):
    """A fresh browser, 1280 pixels wide."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}", "--window-size=1280,1000"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


def hosts_asked(driver):
    """Name every host that a page has sent a request to since the last time."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [one for one in messages if one["method"] == "Network.requestWillBeSent"]
    addresses = [urlsplit(one["params"]["request"]["url"]) for one in sent]
    return {one.hostname for one in addresses if one.scheme not in {"data", "chrome"}}
