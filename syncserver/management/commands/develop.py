"""`manage.py develop`: serves on this machine and prints one link that opens signed in."""

import secrets
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.pages.development_views import sign_in_link
from syncserver.free_port import require_free_port
from syncserver.machine_time_zone import machine_time_zone

EMAIL = "me@example.org"


class Command(BaseCommand):
    """Check the port, bring the database up to date, print a link, and serve."""

    help = "Serve on this machine, in development only. The first person is made when there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--port`."""
        parser.add_argument("--port", type=int, default=8000, help="port to serve on (default: 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted; raises CommandError outside development and when the port is taken."""
        if not settings.DEBUG:
            raise CommandError("This command is for development: set DEBUG=true.")
        port = options["port"]
        require_free_port(port, "make run")
        call_command("migrate", verbosity=0)
        server = f"http://127.0.0.1:{port}"
        user = User.objects.filter(is_active=True).order_by("pk").first()
        if user is None:
            password = secrets.token_urlsafe(12)
            user = User.objects.create_user(EMAIL, password, time_zone=machine_time_zone())
            self.stdout.write(f"Made the account {EMAIL} with the password {password}")
        self.stdout.write(f"Serving at {server}/ (stop with Ctrl-C). Open signed in as {user.email}, once:")
        self.stdout.write(sign_in_link(user, server))
        self.stdout.flush()
        # runserver's own lines are left out: they would come after the link and push it out of sight.
        call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, stdout=StringIO())
