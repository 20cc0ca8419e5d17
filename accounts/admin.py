"""People in the admin: the list, the forms, and the sign-in form of the admin itself."""

from functools import reduce
from operator import or_
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
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_totp.admin import TOTPDeviceAdmin
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit
from accounts.bounded_list import BoundedList
from accounts.email_address import MAX_EMAIL_LENGTH, check_email, normalize_email
from accounts.limits.slowed_sign_in_form import SlowedSignInForm
from accounts.models import AuditEvent, PersonalToken, Session, User
from accounts.personal_tokens import token_service
from accounts.sessions import session_service
from id_numbers import parse_id

# The people whose rows a search in a list of rows shows.
MOST_FOUND = 50
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def has_text(text: str) -> Q:
    """Return the condition that a part of a person's e-mail address or name is this text, in either case."""
    text = text.strip()[:MAX_EMAIL_LENGTH]
    # SQLite folds the case of ASCII letters alone.
    spellings = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
    in_email = Q(email__icontains=normalize_email(text) or text)
    return reduce(or_, [Q(name__icontains=each) for each in sorted(spellings)], in_email)


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


class PersonAdmin(BoundedList, UserAdmin):  # type: ignore[type-arg]  # as above
    """People; sync/admin/erasable_person.py registers this with the erase page added."""

    form = ChangeForm
    add_form = AddForm
    change_password_form = PasswordForm
    list_display = ("email", "name", "is_active", "is_staff", "joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    search_help_text = "Searches for any part of an e-mail address or a name."
    ordering = ("-pk",)
    sortable_by = ("email", "joined")
    readonly_fields = ("date_joined", "last_login")
    # Plain lists. Django's widget of two lists has elements with aria-label and without a role, which readers skip.
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "time_zone", "password")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    @admin.display(description="joined", ordering="pk")
    def joined(self, person: User) -> str:
        """Return when the person signed up, in the zone of the reader."""
        return f"{timezone.localtime(person.date_joined):%Y-%m-%d %H:%M}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Return the people by a part of their e-mail address or name."""
        return queryset.filter(has_text(search_term)), False

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


class ReadOnly(BoundedList):
    """Rows of people that staff can only read, in the order in which they were made."""

    search_help_text = f"Searches for a number, or up to {MOST_FOUND} people by part of an e-mail address or a name."
    # The column with the number of the person.
    person_column = "user_id"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows of the people with this text in their e-mail address or name, or of this number."""
        term = search_term.strip()
        if not term:
            return queryset, False
        number = parse_id(term)  # also that of an erased person
        people = User.objects.filter(has_text(term)).order_by("email").values_list("pk", flat=True)
        found = list(people[:MOST_FOUND]) if number is None else [number]
        return queryset.filter(**{f"{self.person_column}__in": found}), False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """Events of all accounts."""

    list_display = ("at", "kind", "subject", "actor", "client_ip", "detail")
    sortable_by = ("at",)
    person_column = "subject_number"
    list_filter = ("kind",)
    list_select_related = ("subject", "actor")
    search_fields = ("subject_number",)
    fields = ("kind", "at", "subject", "subject_number", "actor", "actor_number", "client_ip", "detail")
    readonly_fields = ("at",)

    @admin.display(description="when", ordering="pk")
    def at(self, event: AuditEvent) -> str:
        """Return when it happened, in the zone of the reader."""
        return f"{timezone.localtime(event.created_at):%Y-%m-%d %H:%M:%S}"


@admin.register(Session)
class SessionAdmin(ReadOnly):
    """Sessions, without the marks of their tokens."""

    list_display = ("began", "label", "user", "kind", "last_used_at", "last_client_ip", "expires_at", "revoked_reason")
    list_display_links = ("label",)
    list_filter = ("kind", "revoked_reason")
    sortable_by = ("began",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "kind", "label", "created_at", "last_used_at", "last_client_ip", "expires_at", "revoked_at",
              "revoked_reason")  # fmt: skip

    @admin.display(description="signed in", ordering="pk")
    def began(self, session: Session) -> str:
        """Return when it began, in the zone of the reader."""
        return f"{timezone.localtime(session.created_at):%Y-%m-%d %H:%M}"


@admin.register(PersonalToken)
class PersonalTokenAdmin(ReadOnly):
    """Personal tokens, without their digests. Staff can revoke one by deleting it."""

    list_display = ("made", "name", "user", "prefix", "scopes", "last_used_on", "last_client_ip", "expires_at")
    list_display_links = ("name",)
    list_select_related = ("user",)
    sortable_by = ("made",)
    search_fields = ("user__email",)
    fields = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_on", "last_client_ip")
    readonly_fields = ("last_client_ip",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow it to staff with the right to delete tokens."""
        return bool(admin.ModelAdmin.has_delete_permission(self, request, obj))

    def delete_model(self, request: HttpRequest, obj: PersonalToken) -> None:
        """Revoke the token; its person sees in the events that staff did it."""
        token_service.revoke(obj, request, request.user.pk or 0)  # only staff come here

    @admin.display(description="made", ordering="pk")
    def made(self, token: PersonalToken) -> str:
        """Return when it was made, in the zone of the reader."""
        return f"{timezone.localtime(token.created_at):%Y-%m-%d %H:%M}"


admin.site.login_form = AdminSignInForm
admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Staff"


admin.site.unregister(TOTPDevice)


@admin.register(TOTPDevice)
class AuthenticatorAdmin(BoundedList, TOTPDeviceAdmin):  # type: ignore[misc]  # the package has no types
    """Authenticators of staff, without their keys."""

    list_filter = ("confirmed",)
