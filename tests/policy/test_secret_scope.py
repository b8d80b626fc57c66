"""Which secrets a scope matches, and what it refuses."""

import re
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import SecretAccessError, SecretScope
from constructs_lib.aws.tokens import ACCOUNT, PARTITION, REGION, arn_part
from constructs_lib.policy.secret_scope import every_secret, scopes_of

HERE = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:"
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
KEY_HERE = "arn:aws:kms:eu-west-1:111122223333:key/abc"
KEY_THERE = "arn:aws:kms:us-east-1:111122223333:key/def"
TOKEN = "${Token[TOKEN.42]}"
NAMED_TOKEN = "${Token[Stack:Secret.Name.7]}"

names = st.text("abcXYZ019/_+=.@-", min_size=1, max_size=40)
suffixes = st.text("abcXYZ019", min_size=6, max_size=6)


class Key:
    def __init__(self, key_arn: str) -> None:
        self.key_arn = key_arn


def matches(pattern: str, arn: str) -> bool:
    """Tell whether IAM's pattern matches, by its documented rules: `*` any text, `?` one sign."""
    parts = {"*": ".*", "?": "."}
    return bool(re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), arn, re.DOTALL))


# --- what is matched -------------------------------------------------------------------------


@given(names, names, suffixes)
def test_a_name_matches_its_own_secret_and_no_other(name: str, other: str, suffix: str) -> None:
    pattern = SecretScope.from_secret_name(name).arn
    assert matches(pattern, f"{HERE}{name}-{suffix}")
    assert not matches(pattern, f"{HERE}{name}")
    assert matches(pattern, f"{HERE}{other}-{suffix}") == (other == name)
    assert not matches(pattern, f"{HERE}{name}{other}-{suffix}")


@given(names, names, suffixes)
def test_a_prefix_matches_every_name_that_begins_so(name: str, other: str, suffix: str) -> None:
    pattern = SecretScope.from_secret_name_prefix(name).arn
    assert matches(pattern, f"{HERE}{name}{other}-{suffix}")
    assert matches(pattern, f"{HERE}{other}-{suffix}") == f"{other}-{suffix}".startswith(name)


@given(names, suffixes)
def test_arns_match_their_secret_alone(name: str, suffix: str) -> None:
    arn = f"{ARN}{name}-{suffix}"
    assert SecretScope.from_secret_complete_arn(arn).arn == arn
    name += "/"  # so that it does not look complete
    assert SecretScope.from_secret_partial_arn(ARN + name).arn == f"{ARN}{name}-??????"


def test_region_and_account_are_the_stacks_unless_given() -> None:
    assert SecretScope.from_secret_name("a").arn == f"{HERE}a-??????"
    there = SecretScope.from_secret_name("a", region="us-gov-west-1", account="444455556666")
    assert there.arn == f"arn:{PARTITION}:secretsmanager:us-gov-west-1:444455556666:secret:a-??????"
    assert there.region == "us-gov-west-1"


PLACED: list[Callable[..., SecretScope]] = [
    partial(SecretScope.from_secret_name, "a"),
    partial(SecretScope.from_secret_name_prefix, "a"),
    partial(SecretScope.from_tags, {"a": "b"}),
]


@pytest.mark.parametrize("make", [*PLACED, every_secret])
def test_a_scope_is_in_the_region_and_account_that_it_is_given(
    make: Callable[..., SecretScope],
) -> None:
    assert (make().region, make().account) == (REGION, None)
    there = make(region="eu-west-1", account="444455556666")
    assert (there.region, there.account) == ("eu-west-1", "444455556666")
    assert there.arn == make().arn.replace(REGION, "eu-west-1").replace(ACCOUNT, "444455556666")


def test_an_account_that_is_given_is_kept_where_the_arn_does_not_tell_it() -> None:
    assert SecretScope(TOKEN, REGION, account="444455556666").account == "444455556666"


@pytest.mark.parametrize(
    "region", ["eu-west-12", "us-gov-west-1", "eu-isoe-west-1", "eusc-de-east-1"]
)
def test_a_region_may_have_several_words_and_digits(region: str) -> None:
    assert SecretScope.from_secret_name("a", region=region).region == region


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")],
)
def test_an_arn_of_any_partition_is_taken_verbatim(partition: str, region: str) -> None:
    arn = f"arn:{partition}:secretsmanager:{region}:111122223333:secret:a-AbCdEf"
    scope = SecretScope.from_secret_complete_arn(arn)
    assert (scope.arn, scope.region) == (arn, region)


def test_fails_on_an_arn_whose_region_is_of_another_partition() -> None:
    with pytest.raises(
        SecretAccessError,
        match="^secret ARN must be of the partition aws-cn, to which cn-north-1 belongs",
    ):
        SecretScope.from_secret_partial_arn(ARN.replace("eu-west-1", "cn-north-1") + "a")
    key = Key("arn:aws-cn:kms:eu-west-1:111122223333:key/abc")
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the partition aws, .* got the partition aws-cn",
    ):
        SecretScope.from_secret_name("a", encryption_key=key)


@pytest.mark.parametrize(
    "name",
    [
        "db-AbCdEf",
        "prod/db-a1b2c3",
        "db-ABCDE7",
        "db-Abcdef",
        "db-aBCDEF",
        "db-1abcde",
        "db-a12345",
    ],
)
def test_fails_on_a_complete_arn_given_for_a_partial_one_where_it_shows(name: str) -> None:
    with pytest.raises(
        SecretAccessError,
        match=":NAME, got .*, which ends as a complete ARN does; .*from_secret_complete_arn",
    ):
        SecretScope.from_secret_partial_arn(ARN + name)


@pytest.mark.parametrize(
    "name", ["my-secret", "MY-SECRET", "prod/db-primary", "db-123456", "db-abcde", "db-AbCdEf/x"]
)
def test_a_word_at_the_end_of_a_partial_arn_is_a_part_of_the_name(name: str) -> None:
    assert SecretScope.from_secret_partial_arn(ARN + name).arn == f"{ARN}{name}-??????"


def test_fails_on_the_token_of_a_number() -> None:
    with pytest.raises(SecretAccessError, match="CDK token of a number"):
        SecretScope.from_secret_name(f"db{-1.8881545897087626e289}")


def test_an_arn_that_is_one_token_is_in_its_keys_region() -> None:
    key = Key("arn:aws:kms:us-east-1:111122223333:key/abc")
    assert SecretScope.from_secret_complete_arn(TOKEN, encryption_key=key).region == "us-east-1"
    assert SecretScope.from_secret_partial_arn(TOKEN, encryption_key=key).region == "us-east-1"


def test_fails_on_a_scope_that_no_factory_made() -> None:
    with pytest.raises(
        SecretAccessError, match="^arn must be the ARN of a secret, .*make the scope with one of"
    ):
        SecretScope("*", "eu-west-1")


def test_the_aws_managed_key_is_no_key() -> None:
    class Alias(Key):
        alias_name = "alias/aws/secretsmanager"

    assert SecretScope.from_secret_name("a", encryption_key=Alias("")).key_arn is None


def test_tags_keep_the_key() -> None:
    key = Key("arn:aws:kms:eu-west-1:111122223333:key/abc")
    assert SecretScope.from_tags({"a": "b"}, encryption_key=key).key_arn == key.key_arn


def test_tags_match_every_name_and_keep_the_tags() -> None:
    scope = SecretScope.from_tags({"Project": ["orders", "billing", "orders"], "Stage": "prod"})
    assert scope.arn == f"{HERE}*"
    assert scope.tags == (("Project", ("orders", "billing")), ("Stage", ("prod",)))


def test_scopes_of_one_secret_are_equal() -> None:
    assert SecretScope.from_secret_name("a") == SecretScope.from_secret_name("a")
    assert len({SecretScope.from_secret_name("a"), SecretScope.from_secret_name("a")}) == 1


# --- secrets of an app -----------------------------------------------------------------------


class Secret:
    """What is read of an `ISecret`."""

    def __init__(
        self,
        *,
        full_arn: str | None = None,
        arn: str = "",
        region: str = TOKEN,
        account: str = TOKEN,
        key: Key | None = None,
    ) -> None:
        self.secret_full_arn, self.secret_arn, self.encryption_key = full_arn, arn, key
        self.env = SimpleNamespace(region=region, account=account)


def scope_of(secret: Any, **key: Any) -> SecretScope:
    return SecretScope.from_secret(secret, **key)


def test_a_secret_is_where_its_arn_says() -> None:
    secret = Secret(full_arn=f"{ARN}a-AbCdEf", region="us-east-1", account="444455556666")
    assert scope_of(secret) == SecretScope(f"{ARN}a-AbCdEf", "eu-west-1", account="111122223333")
    partial = Secret(arn=f"{ARN}a", region="us-east-1", account="444455556666")
    assert scope_of(partial) == SecretScope(f"{ARN}a-??????", "eu-west-1", account="111122223333")


def test_a_secret_whose_arn_does_not_say_is_where_its_stack_is() -> None:
    known = scope_of(Secret(arn=TOKEN, region="us-east-1", account="444455556666"))
    assert (known.region, known.account) == ("us-east-1", "444455556666")
    unknown = scope_of(Secret(arn=TOKEN))
    assert (unknown.region, unknown.account) == (REGION, None)


def test_a_secret_that_the_app_creates_is_named_as_in_cdks_own_grants() -> None:
    secret = Secret(full_arn=TOKEN)
    vars(secret)["_arn_for_policies"] = NAMED_TOKEN
    assert scope_of(secret).arn == NAMED_TOKEN


def test_a_secret_brings_its_key_unless_another_is_given() -> None:
    secret = Secret(full_arn=f"{ARN}a-AbCdEf", key=Key(KEY_HERE))
    assert scope_of(secret).key_arn == KEY_HERE
    other = KEY_HERE.replace("abc", "def")
    assert scope_of(secret, encryption_key=Key(other)).key_arn == other


def test_fails_on_a_secret_under_a_key_of_another_region() -> None:
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;",
    ):
        scope_of(Secret(full_arn=f"{ARN}a-AbCdEf", key=Key(KEY_THERE)))


def test_several_secrets_are_each_once_and_in_the_order_given() -> None:
    a, b = SecretScope.from_secret_name("a"), SecretScope.from_secret_name("b")
    replicas = b.in_regions(*REGIONS)
    several: Any = [a, replicas, Secret(full_arn=f"{ARN}c-AbCdEf"), a, replicas[0]]
    c = SecretScope(f"{ARN}c-AbCdEf", "eu-west-1")
    assert scopes_of(several) == (a, *replicas, c)
    assert scopes_of(a) == (a,)


def test_the_key_of_a_secret_is_asked_for_only_where_it_is_needed() -> None:
    class Unnamed(Key):
        alias_name = "alias/orders"

    secret: Any = Secret(full_arn=f"{ARN}a-AbCdEf", key=Unnamed(""))
    (found,) = scopes_of(secret, with_keys=False)
    assert found == SecretScope(f"{ARN}a-AbCdEf", "eu-west-1")
    with pytest.raises(SecretAccessError, match="^encryption key must be .*, got the alias"):
        scopes_of(secret)


@pytest.mark.parametrize("secrets", ["prod/db", ["prod/db"]])
def test_fails_on_a_name_that_is_given_for_a_secret(secrets: Any) -> None:
    with pytest.raises(
        SecretAccessError, match="^secrets must be an ISecret .*'prod/db'.*from_secret_name$"
    ):
        scopes_of(secrets)


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        ([], "^secrets must be one secret, or"),
        ((), "^secrets must be one secret, or"),
        ([[]], r"^secrets must be an ISecret .*\[\]"),
    ],
)
def test_fails_on_no_secret(secrets: Any, message: str) -> None:
    with pytest.raises(SecretAccessError, match=message):
        scopes_of(secrets)


# --- replicas --------------------------------------------------------------------------------

REGIONS = ("eu-west-1", "us-east-1")


@pytest.mark.parametrize(
    ("scope", "arn"),
    [
        (SecretScope.from_secret_name("a"), f"{HERE}a-??????"),
        (SecretScope.from_secret_name_prefix("a/", account="1" * 12), f"{HERE}a/*"),
        (SecretScope.from_secret_partial_arn(f"{ARN}a"), f"{ARN}a-??????"),
        (SecretScope.from_secret_complete_arn(f"{ARN}a-AbCdEf"), f"{ARN}a-AbCdEf"),
        (SecretScope.from_tags({"a": "b"}), f"{HERE}*"),
    ],
)
def test_a_replica_differs_by_its_region_alone(scope: SecretScope, arn: str) -> None:
    arn = arn.replace(ACCOUNT, "1" * 12) if "1" * 12 in scope.arn else arn
    here = REGION if REGION in arn else "eu-west-1"
    for region, found in zip(REGIONS, scope.in_regions(*REGIONS), strict=True):
        assert found == SecretScope(arn.replace(here, region), region, None, scope.tags)


def test_each_region_is_once_and_in_the_order_given() -> None:
    scopes = SecretScope.from_secret_name("a").in_regions("us-east-1", "eu-west-1", "us-east-1")
    assert [scope.region for scope in scopes] == ["us-east-1", "eu-west-1"]


def test_secrets_of_the_stacks_region_may_be_in_any_partition() -> None:
    (found,) = SecretScope.from_secret_name("a").in_regions("cn-north-1")
    assert found.region == "cn-north-1"


def test_a_replica_of_an_arn_that_is_a_token_has_its_account_and_name() -> None:
    arn = f"arn:{PARTITION}:secretsmanager:us-east-1:{arn_part(TOKEN, 4)}:secret:"
    (complete,) = SecretScope.from_secret_complete_arn(TOKEN).in_regions("us-east-1")
    (partial,) = SecretScope.from_secret_partial_arn(TOKEN).in_regions("us-east-1")
    assert (complete.arn, complete.region) == (arn + arn_part(TOKEN, 6), "us-east-1")
    assert partial.arn == arn + arn_part(TOKEN, 6) + "-??????"
    assert partial.in_regions("eu-west-1")[0].arn == partial.arn.replace("us-east-1", "eu-west-1")


def in_regions(key_arn: str, *regions: str, **keys: str) -> list[str | None]:
    named = {region.replace("_", "-"): Key(arn) for region, arn in keys.items()}
    scope = SecretScope.from_secret_name("a", encryption_key=Key(key_arn) if key_arn else None)
    scopes = scope.in_regions(*regions, encryption_keys=named or None)
    return [each.key_arn for each in scopes]


RELATED = "arn:aws:kms:{}:111122223333:key/mrk-abc"


def test_a_replica_is_under_a_key_of_its_own_region() -> None:
    assert in_regions(KEY_HERE, *REGIONS, us_east_1=KEY_THERE) == [KEY_HERE, KEY_THERE]
    assert in_regions(TOKEN, "us-east-1", us_east_1=KEY_THERE) == [KEY_THERE]
    assert in_regions("", *REGIONS, us_east_1=KEY_THERE) == [None, KEY_THERE]
    assert in_regions("", *REGIONS) == [None, None]


def test_a_multi_region_key_is_found_in_every_region() -> None:
    expected = [RELATED.format(region) for region in REGIONS]
    assert in_regions(RELATED.format("eu-west-1"), *REGIONS) == expected
    given = in_regions(RELATED.format("eu-west-1"), *REGIONS, us_east_1=KEY_THERE)
    assert given == [expected[0], KEY_THERE]


def test_the_key_of_the_stacks_region_is_kept_where_that_is_named() -> None:
    scope = SecretScope.from_secret_name("a", region="eu-west-1", encryption_key=Key(TOKEN))
    (found,) = scope.in_regions("eu-west-1")
    assert found == scope


def test_a_replica_under_the_aws_managed_key_takes_no_key() -> None:
    class Managed(Key):
        alias_name = "alias/aws/secretsmanager"

    scope = SecretScope.from_secret_name("a", encryption_key=Key(KEY_HERE))
    (found,) = scope.in_regions("us-east-1", encryption_keys={"us-east-1": Managed("")})
    assert found.key_arn is None


@pytest.mark.parametrize("key_arn", [KEY_HERE, TOKEN, f"arn:aws:kms:eu-west-1:1{'1' * 11}:key/mrk"])
def test_fails_on_a_region_whose_key_is_not_known(key_arn: str) -> None:
    with pytest.raises(
        SecretAccessError,
        match='^encryption_keys must have a key of us-east-1.*: encryption_keys={"us-east-1"',
    ):
        in_regions(key_arn, "us-east-1")


def test_fails_on_keys_that_fit_no_region() -> None:
    with pytest.raises(
        SecretAccessError,
        match="^encryption_keys must have keys of the Regions in .*, got 'us-east-1'",
    ):
        in_regions(KEY_HERE, "eu-west-1", us_east_1=KEY_THERE)
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the Region of the secret, us-east-1, got .* of eu-west-1;",
    ):
        in_regions("", "us-east-1", us_east_1=KEY_HERE)
    with pytest.raises(
        SecretAccessError, match="^encryption_keys must be a mapping .*, got \\['us-east-1'\\]"
    ):
        SecretScope.from_secret_name("a").in_regions(
            "us-east-1",
            encryption_keys=["us-east-1"],  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("region", ["", "*", "eu-*", "EU", "eu-west", "${AWS::Region}", 1, None])
def test_fails_on_a_replica_in_no_region(region: str) -> None:
    with pytest.raises(SecretAccessError, match="^region must be .*name each Region"):
        SecretScope.from_secret_name("a").in_regions("us-east-1", region)


def test_fails_on_no_region_at_all() -> None:
    with pytest.raises(SecretAccessError, match="^regions must be at least one Region"):
        SecretScope.from_secret_name("a").in_regions()


def test_fails_on_a_replica_in_another_partition() -> None:
    message = "^regions must be of one partition, .*got Regions of aws and aws-cn"
    for scope in (
        SecretScope.from_secret_partial_arn(f"{ARN}a"),
        SecretScope.from_secret_name("a", region="eu-west-1"),
    ):
        with pytest.raises(SecretAccessError, match=message):
            scope.in_regions("cn-north-1")
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_name("a").in_regions("eu-west-1", "cn-north-1")
    somewhere = SecretScope.from_secret_partial_arn(f"{ARN}a".replace("eu-west-1", TOKEN))
    with pytest.raises(
        SecretAccessError,
        match="^secret ARN must be of the partition aws-cn.*, got the partition aws;",
    ):
        somewhere.in_regions("cn-north-1")


@pytest.mark.parametrize("arn", [f"{TOKEN}:secret:a", f"{TOKEN}{TOKEN}", f"{TOKEN}-x"])
def test_fails_on_a_replica_of_an_arn_in_pieces(arn: str) -> None:
    with pytest.raises(
        SecretAccessError, match="^secret ARN must have a Region that is known at synth"
    ):
        SecretScope.from_secret_partial_arn(arn).in_regions("us-east-1")


# --- tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [TOKEN, NAMED_TOKEN])
def test_tokens_are_taken_wherever_a_string_is(token: str) -> None:
    assert SecretScope.from_secret_name(token).arn == f"{HERE}{token}-??????"
    assert SecretScope.from_secret_name_prefix(f"{token}/").arn == f"{HERE}{token}/*"
    assert SecretScope.from_secret_name("a", region=token).region == token
    assert SecretScope.from_secret_complete_arn(token).arn == token
    assert SecretScope.from_secret_partial_arn(token).arn == f"{token}-??????"
    arn = f"arn:{token}:secretsmanager:{token}:{token}:secret:prod/{token}"
    scope = SecretScope.from_secret_partial_arn(arn)
    assert (scope.arn, scope.region) == (f"{arn}-??????", token)
    arn = f"arn:aws-cn:secretsmanager:{token}:111122223333:secret:prod/{token}"
    assert SecretScope.from_secret_complete_arn(arn).arn == arn
    assert SecretScope.from_tags({"Project": token}).tags == (("Project", (token,)),)
    for key_arn in (token, f"arn:{token}:kms:{token}:{token}:key/{token}"):
        assert SecretScope.from_secret_name("a", encryption_key=Key(key_arn)).key_arn == key_arn


def test_a_key_may_be_in_a_region_that_only_the_deployment_knows() -> None:
    somewhere = KEY_HERE.replace("eu-west-1", TOKEN)
    for key_arn, region in ((KEY_HERE, TOKEN), (somewhere, "eu-west-1"), (KEY_HERE, None)):
        scope = SecretScope.from_secret_name("a", encryption_key=Key(key_arn), region=region)
        assert scope.key_arn == key_arn
    unknown = SecretScope.from_secret_complete_arn(TOKEN, encryption_key=Key(somewhere))
    assert (unknown.region, unknown.key_arn) == (REGION, somewhere)


@pytest.mark.parametrize("bad", ["*", "?", "${aws:username}", "${AWS::Region}", " "])
def test_fails_on_what_is_forbidden_beside_a_token(bad: str) -> None:
    with pytest.raises(SecretAccessError, match=", got .* contains"):
        SecretScope.from_secret_name(f"{TOKEN}{bad}")
    with pytest.raises(SecretAccessError, match=", got .* contains"):
        SecretScope.from_secret_partial_arn(
            f"arn:{TOKEN}:secretsmanager:{TOKEN}:{TOKEN}:secret:{bad}"
        )


@pytest.mark.parametrize("bad", ["*", "?", "${aws:username}"])
def test_fails_on_a_wildcard_after_an_arn_that_is_a_token(bad: str) -> None:
    with pytest.raises(SecretAccessError, match=", got .* contains"):
        SecretScope.from_secret_complete_arn(TOKEN + bad)
    with pytest.raises(SecretAccessError, match="^key ARN must be"):
        SecretScope.from_secret_name("a", encryption_key=Key(TOKEN + bad))
    with pytest.raises(SecretAccessError, match="^region must be"):
        SecretScope.from_secret_name("a", region=TOKEN + bad)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", None, 7, "a*", "a?", "a b", "a:b", "é", "a" * 513, "${x}"])
def test_fails_on_a_bad_name_or_prefix(name: str) -> None:
    with pytest.raises(SecretAccessError, match="^secret name must be "):
        SecretScope.from_secret_name(name)
    with pytest.raises(SecretAccessError, match="^secret name prefix must be "):
        SecretScope.from_secret_name_prefix(name)


@given(st.text(min_size=1, max_size=20).filter(lambda t: not re.fullmatch(r"[\w/+=.@-]+", t, re.A)))
def test_fails_on_every_sign_that_secrets_manager_forbids(name: str) -> None:
    with pytest.raises(SecretAccessError):
        SecretScope.from_secret_name(name)


def test_the_longest_name_is_taken() -> None:
    for name in ("a" * 512, "a" * 512 + TOKEN):
        assert SecretScope.from_secret_name(name).arn == f"{HERE}{name}-??????"


def test_the_longest_name_is_taken_in_an_arn_too() -> None:
    """A name of 512 characters, which a complete ARN has with seven more."""
    partial, suffix = f"{ARN}{'a' * 512}", "-0ac6dA"
    assert SecretScope.from_secret_partial_arn(partial).arn == f"{partial}-??????"
    assert SecretScope.from_secret_complete_arn(partial + suffix).arn == partial + suffix


@pytest.mark.parametrize("name", ["-0ac6dA", "a" * 513 + "-0ac6dA"])
def test_fails_on_a_complete_arn_without_a_name_or_with_too_long_a_one(name: str) -> None:
    with pytest.raises(SecretAccessError, match="^name in the secret ARN must be "):
        SecretScope.from_secret_complete_arn(ARN + name)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("prod/*", "from_secret_name_prefix"),
        ("prod/??", "from_secret_name_prefix"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a", "from_secret_complete_arn"),
        ("a/${aws:username}", "give it in full"),
        ("a b", "as Secrets Manager shows it"),
    ],
)
def test_fails_with_the_remedy_that_fits(name: str, remedy: str) -> None:
    with pytest.raises(SecretAccessError, match=re.escape(remedy)):
        SecretScope.from_secret_name(name)


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "a",
        "arn:aws",
        "arn:aws:s3:::bucket",
        "arn:aws:ssm:eu-west-1:111122223333:secret:a",
        "arn:aws:secretsmanager:eu-west-1:111122223333:rotation:a",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/a",
        "arn:aws:secretsmanager:eu-west-1:111122223333:a",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a:key:AWSCURRENT:",
        "arn:aws:secretsmanager:eu-west-1:1111:secret:a",
        "arn:aws:secretsmanager::111122223333:secret:a",
        "arn:aws:secretsmanager:*:111122223333:secret:a",
        "arn:*:secretsmanager:eu-west-1:111122223333:secret:a",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-??????",
        "arn:gcp:secretsmanager:eu-west-1:111122223333:secret:a",
        "arn:aws-:secretsmanager:eu-west-1:111122223333:secret:a",
        f"arn:aws-:secretsmanager:{TOKEN}:111122223333:secret:a",
        "ARN:aws:secretsmanager:eu-west-1:111122223333:secret:a",
        "arn:${AWS::Partition}:secretsmanager:eu-west-1:111122223333:secret:a",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + "a" * 513,
    ],
)
def test_fails_on_an_arn_that_is_no_secrets(arn: str) -> None:
    message = "^(secret ARN|name in the secret ARN) must be "
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_partial_arn(arn)
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_complete_arn(f"{arn}-AbCdEf" if len(arn) < 3 else arn)


@pytest.mark.parametrize("arn", ["", None, 7])
def test_fails_on_an_arn_that_is_no_text(arn: str) -> None:
    for make in (SecretScope.from_secret_partial_arn, SecretScope.from_secret_complete_arn):
        with pytest.raises(SecretAccessError, match="^secret ARN must be .*; give the secret ARN$"):
            make(arn)
    with pytest.raises(SecretAccessError, match="^key ARN must be .*; give the key ARN$"):
        SecretScope.from_secret_name("a", encryption_key=Key(arn))


def test_fails_on_a_bad_name_in_an_arn() -> None:
    with pytest.raises(
        SecretAccessError, match="^name in the secret ARN must be .*, got 'a:b', which contains ':'"
    ):
        SecretScope.from_secret_partial_arn(f"{ARN}a:b")


@pytest.mark.parametrize("name", ["db", "prod/db-AbCdE", "prod/db-AbCdEfG", "db-AbC_Ef", "AbCdEf"])
def test_fails_on_a_partial_arn_given_for_a_complete_one(name: str) -> None:
    message = ":NAME-6CHARS, with .*, got .*from_secret_partial_arn"
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_complete_arn(ARN + name)


@pytest.mark.parametrize(
    "region",
    [
        *("", "*", "EU", "eu-west", "eu-west-", "eu-west-1*", "eu-1", "eu--1", "e-west-1"),
        *("${AWS::Region}", 1),
    ],
)
def test_fails_on_a_bad_region(region: str) -> None:
    with pytest.raises(SecretAccessError, match="^region must be "):
        SecretScope.from_secret_name("a", region=region)


@pytest.mark.parametrize("account", ["", "*", "1234", "11112222333a", 111122223333])
def test_fails_on_a_bad_account(account: str) -> None:
    with pytest.raises(SecretAccessError, match="^account must be "):
        SecretScope.from_tags({"a": "b"}, account=account)


def test_a_bad_region_or_account_is_told_what_one_looks_like() -> None:
    with pytest.raises(
        SecretAccessError, match="^region must be .*, such as eu-west-1, got 'EU'; "
    ):
        SecretScope.from_secret_name("a", region="EU")
    with pytest.raises(
        SecretAccessError, match="^account must be .*, such as 111122223333, got '1'; "
    ):
        SecretScope.from_secret_name("a", account="1")


@pytest.mark.parametrize(
    "key_arn",
    [
        "",
        "*",
        "key",
        "arn:aws:kms:eu-west-1:111122223333:key/*",
        "arn:aws:kms:*:111122223333:key/abc",
        "arn:aws:kms:eu-west-1:111122223333:key/",
        "arn:aws:kms",
        "ARN:aws:kms:eu-west-1:111122223333:key/abc",
        "arn:gcp:kms:eu-west-1:111122223333:key/abc",
        "arn:aws:s3:eu-west-1:111122223333:key/abc",
        "arn:aws:kms:eu-west-1:1111:key/abc",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf",
    ],
)
def test_fails_on_a_key_arn_that_is_no_keys(key_arn: str) -> None:
    with pytest.raises(SecretAccessError, match="^key ARN must be "):
        SecretScope.from_secret_name("a", encryption_key=Key(key_arn))


def test_fails_on_an_alias_as_it_would_grant_nothing() -> None:
    alias = Key("arn:aws:kms:eu-west-1:111122223333:alias/orders")
    message = (
        "^encryption key must be .* grants nothing, got the alias 'arn:.*; give the key itself"
    )
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_name("a", encryption_key=alias)

    class Alias(Key):
        alias_name = "alias/orders"

    with pytest.raises(
        SecretAccessError, match="^encryption key must be .*, got the alias 'alias/orders'"
    ):
        SecretScope.from_secret_name("a", encryption_key=Alias(KEY_HERE))


@pytest.mark.parametrize(
    "make",
    [
        *(partial(make, region="eu-west-1") for make in PLACED),
        partial(SecretScope.from_secret_partial_arn, f"{ARN}a"),
        partial(SecretScope.from_secret_complete_arn, f"{ARN}a-AbCdEf"),
    ],
)
def test_fails_on_a_key_of_another_region(make: Callable[..., SecretScope]) -> None:
    key = Key("arn:aws:kms:us-east-1:111122223333:key/abc")
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;",
    ):
        make(encryption_key=key)


def test_fails_on_a_key_that_is_none() -> None:
    with pytest.raises(SecretAccessError, match=r"^key ARN must be .*copy it from the KMS key"):
        SecretScope.from_secret_name("a", encryption_key="arn:aws:kms:...")


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({}, "at least one tag key"),
        (None, "at least one tag key"),
        ("Project=orders", "at least one tag key"),
        ({"": "a"}, "^tag key must be .*, got ''"),
        ({"Project": ""}, "^value of tag 'Project' must be .*, got ''"),
        ({"Project": []}, r"^value of tag .*, got \[\]"),
        ({"Project": None}, "^value of tag .*, got None"),
        ({"Project": {"orders"}}, r"^value of tag .*, got \{'orders'\}"),
        ({"Project": ["a", ""]}, "^value of tag 'Project' must be .*, got ''"),
        ({"Project": [7]}, "^value of tag 'Project' must be .*, got 7"),
        ({"Project": "ord*"}, "wildcards and variables do not match"),
        ({"Project": "${aws:PrincipalTag/Project}"}, "wildcards and variables do not match"),
        ({"Pro*": "a"}, "^tag key must be"),
        ({"a" * 129: "a"}, "1 to 128"),
        ({"a": "b" * 257}, "1 to 256"),
        ({TOKEN: "a"}, "known only at deployment"),
        ({"Project": "a\u0100"}, "wildcards and variables do not match"),
        (
            {"Project": "a", "project": "b"},
            "^tags must have each key once: .* twice, in different case",
        ),
        (
            {"project": "a", "Project": "b"},
            "^tags must have each key once: .* twice, in different case",
        ),
    ],
)
def test_fails_on_bad_tags(tags: dict[str, str], message: str) -> None:
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_tags(tags)


def test_the_longest_tags_and_the_last_letter_are_taken() -> None:
    tags = {"a" * 128: "b" * 256, "Project": f"\xff{TOKEN}"}
    assert SecretScope.from_tags(tags).tags == tuple((key, (tags[key],)) for key in tags)


def test_every_message_is_in_the_one_style() -> None:
    with pytest.raises(SecretAccessError) as caught:
        SecretScope.from_secret_name("a" * 600)
    error, message = caught.value, str(caught.value)
    assert message == f"{error.problem}; {error.remedy}"
    assert message.startswith("secret name must be 1 to 512 ")
    assert message.count(";") == 1
    assert not message.endswith(".")
    assert message[0].islower()
    assert "600 characters" in message
    assert len(message) < 300
