"""URLs under /api/auth/."""

from django.urls import path

from accounts.api import (
    connect_views,
    email_views,
    event_views,
    password_views,
    profile_views,
    session_views,
    sign_in_views,
    token_views,
)

urlpatterns = [
    path("register", sign_in_views.RegisterView.as_view(), name="register"),
    path("login", sign_in_views.LoginView.as_view(), name="login"),
    path("refresh", sign_in_views.RefreshView.as_view(), name="refresh"),
    path("logout", sign_in_views.LogoutView.as_view(), name="logout"),
    path("connect", connect_views.ConnectView.as_view(), name="connect"),
    path("connect/<str:grant_id>", connect_views.TakeView.as_view(), name="connect-take"),
    path("logout-others", session_views.LogoutOthersView.as_view(), name="logout-others"),
    path("me", profile_views.MeView.as_view(), name="me"),
    path("sessions", session_views.SessionsView.as_view(), name="sessions"),
    path("sessions/<str:session_id>", session_views.SessionView.as_view(), name="session"),
    path("tokens", token_views.TokensView.as_view(), name="tokens"),
    path("tokens/<str:token_id>", token_views.TokenView.as_view(), name="token"),
    path("events", event_views.EventsView.as_view(), name="events"),
    path("password", password_views.PasswordView.as_view(), name="password"),
    path("password-reset", password_views.PasswordResetView.as_view(), name="password-reset"),
    path("password-reset/confirm", password_views.PasswordResetConfirmView.as_view(), name="password-reset-confirm"),
    path("email", email_views.EmailView.as_view(), name="email"),
    path("email/confirm", email_views.EmailConfirmView.as_view(), name="email-confirm"),
]
