"""The tenant's rows on the wire. Shape only: the rules are in canvas.workspaces.services."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from canvas.core.money import usd_text
from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictCharField,
    StrictChoiceField,
)
from canvas.workspaces.access import Access
from canvas.workspaces.models import ApiToken, Membership, Plan, Role, Scope, User, Workspace


class PersonSerializer(CamelModelSerializer[User]):
    """A person as other members see them."""

    email = serializers.CharField(read_only=True, help_text="Empty when none is known.")

    class Meta:
        model = User
        fields = ["id", "username", "email", "first_name", "last_name"]
        read_only_fields = fields


class PlanNameSerializer(CamelModelSerializer[Plan]):
    """Which plan."""

    class Meta:
        model = Plan
        fields = ["key", "name"]
        read_only_fields = fields


class LimitsSerializer(CamelModelSerializer[Plan]):
    """What a plan allows; null means without limit."""

    class Meta:
        model = Plan
        fields = [
            "max_projects",
            "max_scenes_per_project",
            "tokens_a_month",
            "images_a_month",
            "watermark",
        ]
        read_only_fields = fields


class WorkspaceSerializer(CamelModelSerializer[Workspace]):
    """One workspace, with the caller's role in it."""

    plan = PlanNameSerializer(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    budget_usd = serializers.SerializerMethodField(help_text="A month; null is no limit.")

    class Meta:
        model = Workspace
        fields = [
            "id",
            "name",
            "plan",
            "role",
            "budget_usd",
            "second_message",
            "created_at",
            "modified_at",
        ]
        read_only_fields = ["id", "created_at", "modified_at"]

    def get_budget_usd(self, workspace: Workspace) -> str | None:
        """Write the month's budget."""
        return usd_text(workspace.budget_nusd)


class NewWorkspaceSerializer(CamelSerializer[Any]):
    """A workspace to create."""

    name = StrictCharField(max_length=120)
    plan = StrictCharField(
        max_length=40, required=False, help_text="Key of a plan; only staff may choose one."
    )


class MeWorkspaceSerializer(CamelModelSerializer[Workspace]):
    """The workspace that a request works in."""

    plan = PlanNameSerializer(read_only=True)

    class Meta:
        model = Workspace
        fields = ["id", "name", "plan"]
        read_only_fields = fields


class MeSerializer(CamelSerializer[Any]):
    """Who is calling, where, and how much they may use."""

    user = PersonSerializer(allow_null=True, read_only=True)
    workspace = MeWorkspaceSerializer(allow_null=True, read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True, read_only=True)
    limits = LimitsSerializer(allow_null=True, read_only=True)
    budget_usd = serializers.CharField(allow_null=True, read_only=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), allow_null=True, read_only=True
    )

    @classmethod
    def of(cls, user: User | None, access: Access | None) -> dict[str, Any]:
        """Describe a caller; `scopes` is null in a browser."""
        workspace = access.workspace if access else None
        return cls(
            {
                "user": user,
                "workspace": workspace,
                "role": access.role if access else None,
                "limits": workspace.plan if workspace else None,
                "budget_usd": usd_text(workspace.budget_nusd) if workspace else None,
                "scopes": scopes_of(access.token) if access and access.token else None,
            }
        ).data


class LoginSerializer(CamelSerializer[Any]):
    """What a browser logs in with."""

    username = StrictCharField(max_length=150)
    password = StrictCharField(max_length=1000, trim_whitespace=False, write_only=True)


class MemberSerializer(CamelModelSerializer[Membership]):
    """One person in one workspace."""

    user = PersonSerializer(read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "role", "created_at", "modified_at"]
        read_only_fields = ["id", "created_at", "modified_at"]


class NewMemberSerializer(CamelSerializer[Any]):
    """Whom to let in: by username or by email, not both."""

    username = StrictCharField(max_length=150, required=False)
    email = serializers.EmailField(required=False)
    role = StrictChoiceField(choices=Role.choices, default=Role.EDITOR)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one name."""
        if ("username" in attrs) == ("email" in attrs):
            raise serializers.ValidationError("Send either username or email.", code="one-of")
        return attrs


class TokenSerializer(CamelModelSerializer[ApiToken]):
    """One token, without its text."""

    scopes = serializers.SerializerMethodField()

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "hint",
            "scopes",
            "expires_at",
            "last_used_at",
            "created_at",
            "modified_at",
        ]
        read_only_fields = fields

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    )
    def get_scopes(self, token: ApiToken) -> list[str]:
        """Name every scope that the token's own one includes."""
        return scopes_of(token)


class NewTokenSerializer(CamelSerializer[Any]):
    """A token to make. `scopes`: the widest one counts."""

    name = StrictCharField(max_length=120)
    scopes = serializers.ListField(
        child=StrictChoiceField(choices=Scope.choices), min_length=1, max_length=3
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ShownTokenSerializer(TokenSerializer):
    """A token with its text: shown once, in the answer that made it."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


def scopes_of(token: ApiToken) -> list[str]:
    """Give a token's scope with the narrower ones that it includes."""
    return Scope.values[: Scope.values.index(token.scope) + 1]
