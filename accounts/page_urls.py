"""URLs under /account."""

from django.urls import path

from accounts import pages, staff_pages

urlpatterns = [
    path("account", pages.account, name="account"),
    path("account/sign-up", pages.SignUpPage.as_view(), name="sign-up"),
    path("account/sign-in", pages.SignInPage.as_view(), name="sign-in"),
    path("account/sign-out", pages.SignOut.as_view(), name="sign-out"),
    path("account/forgotten-password", pages.ForgottenPage.as_view(), name="forgotten"),
    path("account/forgotten-password/sent", pages.ForgottenSentPage.as_view(), name="forgotten-sent"),
    path("account/reset-password", pages.ResetPage.as_view(), name="reset-password"),
    path("account/reset-password/done", pages.ResetDonePage.as_view(), name="reset-done"),
    path("account/confirm-email", pages.confirm_email, name="confirm-email"),
    path("account/profile", pages.ProfilePage.as_view(), name="profile"),
    path("account/password", pages.PasswordPage.as_view(), name="own-password"),
    path("account/email", pages.EmailPage.as_view(), name="own-email"),
    path("account/email/send", pages.send_confirmation, name="send-confirmation"),
    path("account/browsers", pages.browsers, name="browsers"),
    path("account/browsers/end", pages.end_browser, name="end-browser"),
    path("account/browsers/end-others", pages.end_other_browsers, name="end-other-browsers"),
    path("account/events", pages.events, name="own-events"),
    path("account/second-step", staff_pages.second_step, name="second-step"),
    path("account/second-step/recovery-codes", staff_pages.new_recovery_codes, name="new-recovery-codes"),
    path("account/second-step/remove", staff_pages.remove_second_step, name="remove-second-step"),
    path("account/close", pages.ClosePage.as_view(), name="close-account"),
]
