"""The calls about a person's rules for categories."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.scopes import Scope
from id_numbers import parse_id
from insights.categories import stored_rules
from insights.categories.names import BUILT_IN
from insights.categories.rule_text import RuleText
from insights.models import CategoryRule

RULE = {"id": "3", "site": "reddit.com", "path": "/r/gardening", "category": "life"}


class RuleSerializer(serializers.Serializer[Any]):
    """A person's rule."""

    id = serializers.CharField()
    site = serializers.CharField()
    path = serializers.CharField(allow_null=True, help_text="Null for the whole site with its subdomains.")
    category = serializers.CharField()


class CategorySerializer(serializers.Serializer[Any]):
    """A built-in category."""

    key = serializers.CharField(help_text="The category as it stands in rules and in other answers.")
    name = serializers.CharField(help_text="The name for people.")


class RulesSerializer(serializers.Serializer[Any]):
    """All rules by site and path, and the built-in categories."""

    rules = RuleSerializer(many=True)
    categories = CategorySerializer(many=True)


class TooManyRules(PermissionDenied):
    """403: the person has as many rules as a person can have."""

    def __init__(self) -> None:
        super().__init__(stored_rules.TOO_MANY, "quota_exceeded")
        self.more: dict[str, Any] = {"maxRules": stored_rules.MOST_RULES}


def rule_fields(rule: CategoryRule) -> dict[str, Any]:
    """Return the fields of RuleSerializer."""
    return {"id": str(rule.pk), "site": rule.site, "path": rule.path or None, "category": rule.category}


class CategoryRulesView(APIView):
    """A person's rules."""

    @property
    def token_scope(self) -> Scope:
        """The scope of the method: rules are read with `read` and changed with `write`."""
        return Scope.READ if self.request.method in ("GET", "HEAD", "OPTIONS") else Scope.WRITE

    @extend_schema(
        operation_id="categoryRules",
        responses={200: RulesSerializer},
        examples=[
            OpenApiExample(
                "one rule",
                {"rules": [RULE], "categories": [{"key": "life", "name": BUILT_IN["life"]}]},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the rules, and the built-in categories.

        A rule for a path decides before one for a site, and a longer site before a shorter one. Visits without a rule
        have the category that the extension sent, else the built-in one of their site.
        """
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        rules = [rule_fields(rule) for rule in stored_rules.rules_of(person.pk)]
        return Response({"rules": rules, "categories": [{"key": key, "name": name} for key, name in BUILT_IN.items()]})

    @extend_schema(
        operation_id="saveCategoryRule",
        request=RuleText,
        responses={200: RuleSerializer},
        examples=[
            OpenApiExample(
                "a path",
                {"site": "reddit.com", "path": "/r/gardening", "category": "life"},
                request_only=True,
            ),
            OpenApiExample("the rule", RULE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Store a rule, in place of one for the same site and path. It holds for past visits too."""
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        text = RuleText(data=request.data)
        text.is_valid(raise_exception=True)
        try:
            rule = stored_rules.save_rule(person.pk, **text.validated_data)
        except stored_rules.TooManyRules as error:
            raise TooManyRules from error
        return Response(rule_fields(rule))


class CategoryRuleView(APIView):
    """One rule."""

    token_scope = Scope.WRITE

    @extend_schema(operation_id="deleteCategoryRule", responses={204: None})
    def delete(self, request: Request, rule_id: str) -> Response:
        """Delete a rule; its visits are counted as before it."""
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        number = parse_id(rule_id)
        if number is None or not stored_rules.delete_rule(person.pk, number):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)
