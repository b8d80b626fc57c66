"""Pairs of policies, new and old, of which it is known whether the new ones allow more."""

from typing import Any

from constructs_lib.proof import Policies

BASE = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"


def allow(
    *names: str, action: Any = "secretsmanager:GetSecretValue", condition: Any = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": action,
        "Resource": [BASE + name for name in names],
    }
    return {**statement, "Condition": condition} if condition else statement


def deny(*names: str) -> dict[str, Any]:
    return {**allow(*names, action="secretsmanager:*"), "Effect": "Deny"}


def policies(*statements: dict[str, Any], **more: Any) -> Policies:
    return Policies([{"Version": "2012-10-17", "Statement": list(statements)}], **more)


def limited(*statements: dict[str, Any]) -> Policies:
    boundary = {"Version": "2012-10-17", "Statement": allow("prod/*")}
    return policies(*statements, permissions_boundary=boundary)


TAG = "aws:ResourceTag/Project"
AGE = "aws:MultiFactorAuthAge"
IP = "aws:SourceIp"

NOT_WIDER = {
    "the same": (policies(allow("a*")), policies(allow("a*"))),
    "a name for its prefix": (policies(allow("db-??????")), policies(allow("db*"))),
    "one of two": (policies(allow("a")), policies(allow("b", "a"))),
    "split in two": (policies(allow("a"), allow("b")), policies(allow("a", "b"))),
    "a deny added": (policies(allow("*"), deny("x*")), policies(allow("*"))),
    "a condition added": (
        policies(allow("*", condition={"StringEquals": {TAG: "a"}})),
        policies(allow("*")),
    ),
    "a narrower text": (
        policies(allow("*", condition={"StringEquals": {TAG: "abc"}})),
        policies(allow("*", condition={"StringLike": {TAG: "a*"}})),
    ),
    "the tag under its other name": (
        policies(allow("*", condition={"StringEquals": {f"secretsmanager{TAG[3:]}": "a"}})),
        policies(allow("*", condition={"StringEquals": {TAG: ["a", "b"]}})),
    ),
    "a smaller number": (
        policies(allow("*", condition={"NumericLessThan": {AGE: "100"}})),
        policies(allow("*", condition={"NumericLessThan": {AGE: "200"}})),
    ),
    "a smaller network": (
        policies(allow("*", condition={"IpAddress": {IP: "10.1.0.0/16"}})),
        policies(allow("*", condition={"IpAddress": {IP: "10.0.0.0/8"}})),
    ),
    "an earlier date": (
        policies(allow("*", condition={"DateLessThan": {"aws:CurrentTime": "2026-01-01"}})),
        policies(allow("*", condition={"DateLessThan": {"aws:CurrentTime": "2027-01-01"}})),
    ),
    "a deny that never mattered": (policies(allow("a*")), policies(allow("a*"), deny("b*"))),
    "covered by two together": (
        policies(allow("a*", condition={"Null": {TAG: "false"}})),
        policies(
            allow("a*", condition={"StringEquals": {TAG: "x"}}),
            allow("a*", condition={"StringNotEquals": {TAG: "x"}}),
        ),
    ),
    "within the boundary": (limited(allow("prod/a")), limited(allow("*"))),
    "a boundary added": (limited(allow("*")), policies(allow("prod/*"))),
    "by the principal's tag": (
        policies(allow("*", condition={"StringEquals": {TAG: "${aws:PrincipalTag/Project}"}})),
        policies(allow("*", condition={"Null": {TAG: "false"}})),
    ),
}
WIDER = {
    "a prefix for a name": (policies(allow("db*")), policies(allow("db-??????"))),
    "another": (policies(allow("a", "b")), policies(allow("a"))),
    "another action": (
        policies(allow("a", action="secretsmanager:*")),
        policies(allow("a", action="secretsmanager:Get*")),
    ),
    "a condition dropped": (
        policies(allow("*")),
        policies(allow("*", condition={"StringEquals": {TAG: "a"}})),
    ),
    "a deny dropped": (policies(allow("*")), policies(allow("*"), deny("x*"))),
    "a deny narrowed": (policies(allow("*"), deny("xy*")), policies(allow("*"), deny("x*"))),
    "another value": (
        policies(allow("*", condition={"StringEquals": {TAG: ["a", "b"]}})),
        policies(allow("*", condition={"StringEquals": {TAG: "a"}})),
    ),
    "a larger number": (
        policies(allow("*", condition={"NumericLessThan": {AGE: "200"}})),
        policies(allow("*", condition={"NumericLessThan": {AGE: "100"}})),
    ),
    "a larger network": (
        policies(allow("*", condition={"IpAddress": {IP: "10.0.0.0/7"}})),
        policies(allow("*", condition={"IpAddress": {IP: "10.0.0.0/8"}})),
    ),
    "also where the tag is absent": (
        policies(allow("*", condition={"StringEqualsIfExists": {TAG: "a"}})),
        policies(allow("*", condition={"StringEquals": {TAG: "a"}})),
    ),
    "the boundary dropped": (policies(allow("*")), limited(allow("*"))),
    "from nothing": (policies(allow("a")), Policies()),
}
