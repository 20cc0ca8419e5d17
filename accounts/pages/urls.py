"""URLs under /account."""

from django.urls import path

from accounts.pages import (
    closing_views,
    connect_views,
    development_views,
    email_views,
    event_views,
    password_views,
    profile_views,
    second_step_views,
    session_views,
    sign_in_views,
    token_views,
    zone_views,
)

urlpatterns = [
    path("account", profile_views.account, name="account"),
    path("account/sign-up", sign_in_views.SignUpPage.as_view(), name="sign-up"),
    path("account/sign-in", sign_in_views.SignInPage.as_view(), name="sign-in"),
    path(
        "account/development-sign-in/<int:user_id>/<str:token>",
        development_views.development_sign_in,
        name="development-sign-in",
    ),
    path("account/sign-out", sign_in_views.SignOut.as_view(), name="sign-out"),
    path("account/connect/<str:grant_id>", connect_views.ConnectPage.as_view(), name="connect-page"),
    path("account/forgotten-password", password_views.ForgottenPage.as_view(), name="forgotten"),
    path("account/forgotten-password/sent", password_views.ForgottenSentPage.as_view(), name="forgotten-sent"),
    path("account/reset-password", password_views.ResetPage.as_view(), name="reset-password"),
    path("account/reset-password/done", password_views.ResetDonePage.as_view(), name="reset-done"),
    path("account/confirm-email", email_views.confirm_email, name="confirm-email"),
    path("account/profile", profile_views.ProfilePage.as_view(), name="profile"),
    path("account/time-zone", zone_views.switch_zone, name="switch-zone"),
    path("account/password", password_views.PasswordPage.as_view(), name="own-password"),
    path("account/email", email_views.EmailPage.as_view(), name="own-email"),
    path("account/email/send", email_views.send_confirmation, name="send-confirmation"),
    path("account/sessions", session_views.name_session, name="own-sessions"),
    path("account/sessions/end", session_views.end_session, name="end-session"),
    path("account/sessions/end-others", session_views.end_other_sessions, name="end-other-sessions"),
    # The path of this list in earlier versions, which people may have bookmarked.
    path("account/browsers", session_views.name_session),
    path("account/tokens", token_views.TokensPage.as_view(), name="own-tokens"),
    path("account/tokens/<str:token_id>/revoke", token_views.RevokeTokenPage.as_view(), name="revoke-token"),
    path("account/events", event_views.event_list, name="own-events"),
    path("account/second-step", second_step_views.second_step_page, name="second-step"),
    path("account/second-step/recovery-codes", second_step_views.new_recovery_codes, name="new-recovery-codes"),
    path("account/second-step/remove", second_step_views.remove_second_step, name="remove-second-step"),
    path("account/close", closing_views.ClosePage.as_view(), name="close-account"),
]
