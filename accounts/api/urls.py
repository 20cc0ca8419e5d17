"""URLs under /api/auth/."""

from django.urls import path

from accounts.api import account_views, sign_in_views

urlpatterns = [
    path("register", sign_in_views.RegisterView.as_view(), name="register"),
    path("login", sign_in_views.LoginView.as_view(), name="login"),
    path("refresh", sign_in_views.RefreshView.as_view(), name="refresh"),
    path("logout", sign_in_views.LogoutView.as_view(), name="logout"),
    path("logout-others", account_views.LogoutOthersView.as_view(), name="logout-others"),
    path("me", account_views.MeView.as_view(), name="me"),
    path("sessions", account_views.SessionsView.as_view(), name="sessions"),
    path("sessions/<str:session_id>", account_views.SessionView.as_view(), name="session"),
    path("events", account_views.EventsView.as_view(), name="events"),
    path("password", account_views.PasswordView.as_view(), name="password"),
    path("password-reset", account_views.PasswordResetView.as_view(), name="password-reset"),
    path("password-reset/confirm", account_views.PasswordResetConfirmView.as_view(), name="password-reset-confirm"),
    path("email", account_views.EmailView.as_view(), name="email"),
    path("email/confirm", account_views.EmailConfirmView.as_view(), name="email-confirm"),
]
