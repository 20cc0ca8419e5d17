"""URLs under /account."""

from django.urls import path

from accounts.pages import second_step_views, views

urlpatterns = [
    path("account", views.account, name="account"),
    path("account/sign-up", views.SignUpPage.as_view(), name="sign-up"),
    path("account/sign-in", views.SignInPage.as_view(), name="sign-in"),
    path("account/sign-out", views.SignOut.as_view(), name="sign-out"),
    path("account/forgotten-password", views.ForgottenPage.as_view(), name="forgotten"),
    path("account/forgotten-password/sent", views.ForgottenSentPage.as_view(), name="forgotten-sent"),
    path("account/reset-password", views.ResetPage.as_view(), name="reset-password"),
    path("account/reset-password/done", views.ResetDonePage.as_view(), name="reset-done"),
    path("account/confirm-email", views.confirm_email, name="confirm-email"),
    path("account/profile", views.ProfilePage.as_view(), name="profile"),
    path("account/password", views.PasswordPage.as_view(), name="own-password"),
    path("account/email", views.EmailPage.as_view(), name="own-email"),
    path("account/email/send", views.send_confirmation, name="send-confirmation"),
    path("account/browsers", views.browsers, name="browsers"),
    path("account/browsers/end", views.end_browser, name="end-browser"),
    path("account/browsers/end-others", views.end_other_browsers, name="end-other-browsers"),
    path("account/events", views.events, name="own-events"),
    path("account/second-step", second_step_views.second_step, name="second-step"),
    path("account/second-step/recovery-codes", second_step_views.new_recovery_codes, name="new-recovery-codes"),
    path("account/second-step/remove", second_step_views.remove_second_step, name="remove-second-step"),
    path("account/close", views.ClosePage.as_view(), name="close-account"),
]
