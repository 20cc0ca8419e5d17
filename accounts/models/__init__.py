"""The tables of the accounts app."""

from accounts.models.audit_event import ASKED_AGAIN, AppendOnly, AuditEvent
from accounts.models.connect_answer import ConnectAnswer
from accounts.models.personal_token import TOKEN_NAME_LENGTH, PersonalToken
from accounts.models.rate_count import RateCount, email_key, failures_key
from accounts.models.recovery_code import RecoveryCode
from accounts.models.session import LABEL_LENGTH, Session
from accounts.models.user import User, UserManager, validate_time_zone

__all__ = [
    "ASKED_AGAIN",
    "LABEL_LENGTH",
    "TOKEN_NAME_LENGTH",
    "AppendOnly",
    "AuditEvent",
    "ConnectAnswer",
    "PersonalToken",
    "RateCount",
    "RecoveryCode",
    "Session",
    "User",
    "UserManager",
    "email_key",
    "failures_key",
    "validate_time_zone",
]
