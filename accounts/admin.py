"""People in the admin: the list, the forms, and the sign-in form of the admin itself."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.bounded_paginator import BoundedPaginator
from accounts.email_address import check_email, normalize_email
from accounts.limits.slowed_sign_in_form import SlowedSignInForm
from accounts.models import AuditEvent, PersonalToken, Session, User
from accounts.personal_tokens import token_service
from accounts.sessions import session_service
from id_numbers import parse_id

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class AdminSignInForm(SlowedSignInForm, AdminAuthenticationForm):
    """The sign-in of the admin."""


class NormalisedEmail(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """A form that normalises and checks a new e-mail address."""

    def clean_email(self) -> str:
        """Return the address as it is stored; raises ValidationError for one that is not valid or not free."""
        typed: str = self.cleaned_data["email"]
        # The stored one may have an older spelling, which check_email would refuse whatever else staff change.
        if typed == self.instance.email:
            return typed
        check_email(typed)
        email = normalize_email(typed)
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is an account with this e-mail address already.", code="unique")
        return email


class AddForm(NormalisedEmail, AdminUserCreationForm):  # type: ignore[type-arg]  # as above
    """A new person: the e-mail address, and a password typed twice."""

    class Meta:
        model = User
        fields = ("email", "name")


class ChangeForm(NormalisedEmail, UserChangeForm):  # type: ignore[type-arg]  # as above
    """A person."""

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007  # the admin's fieldsets choose


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """A new password for a person, or none, which signs them out everywhere."""

    def save(self, commit: bool = True) -> User:
        """Save the password and end all sessions of the person."""
        with transaction.atomic():
            person: User = super().save(commit)
            session_service.end_all(person, Session.Reason.PASSWORD)
        return person


class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # as above
    """People; sync/admin/erasable_person.py registers this with the erase page added."""

    form = ChangeForm
    add_form = AddForm
    change_password_form = PasswordForm
    list_display = ("email", "name", "is_active", "is_staff", "joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    search_help_text = "Searches for the start of an e-mail address."
    ordering = ("-pk",)
    sortable_by = ("email",)
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Deleting a selection would load all rows of its people.
    actions = None
    readonly_fields = ("date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "time_zone", "password")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    @admin.display(description="joined")
    def joined(self, person: User) -> str:
        """Return when the person signed up, in the zone of the reader."""
        return f"{timezone.localtime(person.date_joined):%Y-%m-%d %H:%M}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Return the people by the start of their e-mail address, which its index finds."""
        start = normalize_email(search_term)
        return (queryset.filter(email__startswith=start) if start else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let only superusers change rights: others could give themselves all of them."""
        fields = super().get_readonly_fields(request, obj)
        return fields if self._may_do_all(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only superusers change a superuser: a new password would give others all rights."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or self._may_do_all(request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person; deactivating ends all sessions and tokens, which stay ended when it is undone."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            session_service.end_all(obj, Session.Reason.DEACTIVATED)
            token_service.revoke_all(obj.pk, request, request.user.pk, Session.Reason.DEACTIVATED.value)

    def _may_do_all(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def log_addition(self, request: HttpRequest, object: User, message: Any) -> LogEntry:  # noqa: A002  # Django's name
        """Log that a person was made, by id: an e-mail address in the log would outlive its person."""
        return self._log(request, object, ADDITION, message)

    def log_change(self, request: HttpRequest, object: User, message: Any) -> LogEntry:  # noqa: A002  # as above
        """Log that a person was changed, by id."""
        return self._log(request, object, CHANGE, message)

    def _audit(self, request: HttpRequest, person: User, fields: list[str]) -> None:
        """Add an event for each change that the person should see."""
        named = {str(field).lower() for field in fields}
        for name, kind in (("password", audit.Kind.PASSWORD_CHANGED), ("e-mail address", audit.Kind.EMAIL_CHANGED)):
            if name in named:
                audit.add_event(kind, request, subject=person.pk, actor=request.user.pk)

    def _log(self, request: HttpRequest, person: User, action: int, message: Any) -> LogEntry:
        fields = message[0].get("changed", {}).get("fields", []) if isinstance(message, list) and message else []
        if action == CHANGE:
            self._audit(request, person, fields)
        return LogEntry.objects.create(
            user_id=request.user.pk or 0,  # only staff come here
            content_type_id=ContentType.objects.get_for_model(User).pk,
            object_id=str(person.pk),
            object_repr=f"person {person.pk}",
            action_flag=action,
            change_message=", ".join(str(field) for field in fields),
        )


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Rows that staff can only read."""

    paginator = BoundedPaginator
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    sortable_by = ()
    ordering = ("-pk",)
    search_help_text = "Searches for a person by their whole e-mail address or number."

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def people_by(term: str) -> list[int]:
    """Return the id of the person with this e-mail address, or the id that was typed, also of an erased person."""
    if (number := parse_id(term)) is not None:
        return [number]
    return list(User.objects.by_email(term[:254]).values_list("pk", flat=True))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """Events of all accounts."""

    list_display = ("at", "kind", "subject", "actor", "client_ip", "detail")
    list_filter = ("kind",)
    list_select_related = ("subject", "actor")
    search_fields = ("subject_number",)
    fields = ("kind", "at", "subject", "subject_number", "actor", "actor_number", "client_ip", "detail")
    readonly_fields = ("at",)

    @admin.display(description="when")
    def at(self, event: AuditEvent) -> str:
        """Return when it happened, in the zone of the reader."""
        return f"{timezone.localtime(event.created_at):%Y-%m-%d %H:%M:%S}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Return the events about one person."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(subject_number__in=people_by(search_term.strip())), False


@admin.register(Session)
class SessionAdmin(ReadOnly):
    """Sessions, without the marks of their tokens."""

    list_display = ("label", "user", "kind", "last_used_at", "last_client_ip", "expires_at", "revoked_reason")
    list_filter = ("kind", "revoked_reason")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "kind", "label", "created_at", "last_used_at", "last_client_ip", "expires_at", "revoked_at",
              "revoked_reason")  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Session], search_term: str
    ) -> tuple[QuerySet[Session], bool]:
        """Return the sessions of one person."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(user_id__in=people_by(search_term.strip())), False


@admin.register(PersonalToken)
class PersonalTokenAdmin(ReadOnly):
    """Personal tokens, without their digests. Staff can revoke one by deleting it."""

    list_display = ("name", "user", "prefix", "scopes", "last_used_on", "last_client_ip", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_on", "last_client_ip")
    readonly_fields = ("last_client_ip",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow it to staff with the right to delete tokens."""
        return bool(admin.ModelAdmin.has_delete_permission(self, request, obj))

    def delete_model(self, request: HttpRequest, obj: PersonalToken) -> None:
        """Revoke the token; its person sees in the events that staff did it."""
        token_service.revoke(obj, request, request.user.pk or 0)  # only staff come here

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PersonalToken], search_term: str
    ) -> tuple[QuerySet[PersonalToken], bool]:
        """Return the tokens of one person."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(user_id__in=people_by(search_term.strip())), False


admin.site.login_form = AdminSignInForm
admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Staff"
