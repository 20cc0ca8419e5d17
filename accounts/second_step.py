"""The second step of signing in for staff: authenticators and recovery codes."""

import hashlib
import secrets
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit
from accounts.limits.failed_sign_ins import TooManyFailures, begin_in_session
from accounts.models import RecoveryCode, User
from accounts.sessions.middleware import SIGN_IN

RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def device_of(user: User) -> TOTPDevice | None:
    """Return the authenticator that a staff member has set up."""
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()


def is_verified(request: HttpRequest) -> bool:
    """Tell whether the second step was taken in the session of this cookie."""
    return bool(cast("Any", request.user).is_verified())


def needs_second_step(request: HttpRequest) -> bool:
    """Tell whether staff must still take the second step, because of the setting or because they set one up."""
    if is_verified(request):
        return False
    return settings.STAFF_TOTP_REQUIRED or device_of(cast("User", request.user)) is not None


def enrolling(user: User) -> TOTPDevice:
    """Return the authenticator that is being set up; the first call makes it with a new secret."""
    device, _ = TOTPDevice.objects.get_or_create(user_id=user.pk, confirmed=False, defaults={"name": "authenticator"})
    return cast("TOTPDevice", device)


def finish_enrolling(request: HttpRequest, user: User, code: str) -> list[str]:
    """Confirm the authenticator by one of its codes; return recovery codes, or an empty list for a wrong code."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=False).first()
        if device is None or not device.verify_token(_bare(code)):
            return []
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        codes = new_recovery_codes(user)
        audit.add_own_event(audit.Kind.SECOND_STEP_CHANGED, request, user, detail="set up")
    otp_login(request, device)
    return codes


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes and return them; only their digests are stored."""
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def take_second_step(request: HttpRequest, user: User, code: str) -> bool:
    """Take the second step by a code of the authenticator or a recovery code, which is then deleted."""
    try:
        attempt = begin_in_session(request, user, int(request.session.get(SIGN_IN, 0)))
    except TooManyFailures:
        return False
    bare = _bare(code)
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
        if device is None:
            return False
        if bare.isdecimal():
            is_good = device.verify_token(bare)
        else:
            is_good = RecoveryCode.objects.filter(user=user, digest=_digest(bare)).delete()[0] == 1
        if not is_good:
            attempt.failed()
            audit.add_own_event(audit.Kind.SIGN_IN_FAILED, request, user, detail="second step")
            return False
    otp_login(request, device)
    return True


def remove(request: HttpRequest | None, user: User) -> None:
    """Delete the authenticator and the recovery codes; `request` is None for a command."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user_id=user.pk).delete()
        RecoveryCode.objects.filter(user=user).delete()
        actor = user.pk if request else None
        audit.add_event(audit.Kind.SECOND_STEP_CHANGED, request, subject=user.pk, actor=actor, detail="removed")


def _bare(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _digest(code: str) -> str:
    # A plain hash is enough: the codes are random, so nobody can guess one from its digest.
    return hashlib.sha256(_bare(code).encode()).hexdigest()
