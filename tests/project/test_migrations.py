"""After a migration the version before it still works: processes of both versions run while a server is upgraded."""

from pathlib import Path

from django.apps import apps
from django.db import models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader

from syncserver.settings import BASE_DIR

# The migrations up to these are older than the rule. A version before them is stopped before an upgrade.
OLDER = {"accounts": "0010", "insights": "0003", "portability": "0001", "sync": "0009"}
REMOVALS = (
    operations.RemoveField, operations.RenameField, operations.RenameModel, operations.DeleteModel,
    operations.AlterModelTable,
)  # fmt: skip


def faults(operation):
    """Yield why the version before would fail after this operation."""
    if isinstance(operation, REMOVALS):
        yield "It takes away what the version before reads. Leave it for the version after, which no longer reads it."
    if isinstance(operation, operations.AddField):
        field = operation.field
        is_filled = field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED
        if not is_filled:
            yield "The version before does not fill this column. Let it be null, or give it a db_default."


def test_the_version_before_goes_on_working():
    loader = MigrationLoader(None)
    found = {}
    for (app, name), migration in loader.disk_migrations.items():
        is_ours = Path(apps.get_app_config(app).path).parent == BASE_DIR
        if is_ours and name[:4] > OLDER.get(app, ""):
            told = [f"{operation.describe()}: {why}" for operation in migration.operations for why in faults(operation)]
            found |= {f"{app}.{name}": told} if told else {}
    assert found == {}


def test_the_rule_finds_what_breaks_it():
    number = models.IntegerField(default=0)
    assert list(faults(operations.AddField("syncbatch", "erased", number)))
    assert list(faults(operations.RemoveField("syncbatch", "erased")))
    assert not list(faults(operations.AddField("browser", "number", models.IntegerField(null=True))))
    assert not list(faults(operations.AddField("browser", "number", models.IntegerField(default=0, db_default=0))))
    assert not list(faults(operations.AddIndex("browser", models.Index(fields=["kind"], name="a"))))
