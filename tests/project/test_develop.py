"""`make run` makes the first person, in the time zone of the machine, and prints one link that opens signed in."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from syncserver import machine_time_zone as machine
from syncserver.management.commands import develop
from tests.live.service import free_port


@pytest.fixture
def zone_file(monkeypatch, tmp_path):
    """The file that tells the time zone of the machine."""
    monkeypatch.setattr(machine, "LOCAL_TIME", tmp_path / "localtime")
    return tmp_path / "localtime"


@pytest.fixture
def run(monkeypatch, settings):
    """Run the command up to the start of the server, and return the lines that it prints."""
    settings.DEBUG = True
    monkeypatch.setattr(develop, "call_command", lambda *_, **__: None)

    def run():
        said = StringIO()
        call_command("develop", port=free_port(), stdout=said)
        return said.getvalue().splitlines()

    return run


@pytest.mark.parametrize("folder", ["usr/share/zoneinfo", "var/db/timezone/zoneinfo"])
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/Los_Angeles", "America/Argentina/Ushuaia"])
def test_the_zone_is_that_of_the_file_that_the_machine_links_to(zone_file, tmp_path, folder, zone):
    zone_file.symlink_to(tmp_path / folder / zone)
    assert machine.machine_time_zone() == zone


def test_the_zone_of_a_machine_on_utc_has_the_name_that_people_know(zone_file, tmp_path):
    zone_file.symlink_to(tmp_path / "usr/share/zoneinfo/Etc/UTC")
    assert machine.machine_time_zone() == "UTC"


def test_a_machine_that_does_not_tell_its_zone_has_the_default(zone_file, tmp_path, settings):
    settings.DEFAULT_TIME_ZONE = "Pacific/Chatham"
    assert machine.machine_time_zone() == "Pacific/Chatham"
    zone_file.write_bytes(b"TZif")
    assert machine.machine_time_zone() == "Pacific/Chatham"


@pytest.mark.django_db
def test_the_first_person_is_made_once_in_the_zone_of_the_machine(run, zone_file, tmp_path, cheap_hashing):
    zone_file.symlink_to(tmp_path / "zoneinfo/Pacific/Chatham")
    made, serving, link = run()
    person = User.objects.get()
    assert (person.email, person.time_zone) == ("me@example.org", "Pacific/Chatham")
    password = made.rpartition(" ")[2]
    assert made == f"Made the account me@example.org with the password {password}"
    assert person.check_password(password)
    assert "Open signed in as me@example.org, once:" in serving
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/account/development-sign-in/\S+", link)
    assert len(run()) == 2
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_in_production_it_does_nothing(run, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="set DEBUG=true"):
        run()
    assert not User.objects.exists()
