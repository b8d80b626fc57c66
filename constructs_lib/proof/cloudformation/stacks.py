"""Templates on disk and in hand: a dict, several, or a whole cloud assembly (`cdk.out`)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from constructs_lib.aws.partitions import partition_of
from constructs_lib.errors import InvalidOptionError, InvalidTemplateError, Text, shown

_ENVIRONMENT = re.compile(r"aws://([^/]+)/([^/]+)")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_PARTITION = re.compile(r"aws(-[a-z]+)*")
NESTED_STACK = "AWS::CloudFormation::Stack"
STACK_SET = "AWS::CloudFormation::StackSet"
_FROM_CDK = "run cdk synth again, and give the directory that it wrote"


@dataclass(frozen=True)
class Stack:
    """One template, and where it is deployed as far as that is known.

    Attributes:
        name: the stack's name, or what stands for it in messages.
        template: the template.
        partition: the partition. Omitted, it is the Region's, and else `aws`.
        region: the Region. Omitted, it is unknown: `${AWS::Region}` then equals only itself.
        account: the account. Omitted, it is unknown likewise.
        parameters: the values of parameters. One that is not here is unknown, whatever its
            Default is: a deployment may give another.
        nested: the templates of its nested stacks and stack sets, by logical id.
        tags: the stack's own tags, which CloudFormation gives to its resources.
        artifact: its id in the cloud assembly.
        name_known: whether `name` is what AWS will call it.
        paths: the paths of constructs, by the logical id of what they made.
    """

    name: str
    template: Mapping[str, Any]
    partition: str | None = None
    region: str | None = None
    account: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    nested: Mapping[str, "Stack"] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifact: str | None = None
    name_known: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no template, or no place of AWS's."""
        _check(self.partition, _PARTITION, "partition", "aws")
        _check(self.region, _REGION, "region", "eu-west-1")
        _check(self.account, _ACCOUNT, "account", "111122223333")
        if not isinstance(self.tags, Mapping) or not all(
            isinstance(text, str) for text in (*self.tags, *self.tags.values())
        ):
            raise InvalidOptionError(
                "stack_tags",
                must="be a mapping of tag keys to their values, each a string",
                got=self.tags,
                remedy='give them as {"CostCenter": "1234"}',
            )
        if not isinstance(self.template, Mapping) or not isinstance(
            self.template.get("Resources"), Mapping
        ):
            raise InvalidTemplateError(
                f"template of {self.name} is {shown(self.template)}",
                allowed="a mapping with Resources is allowed",
                remedy="give a CloudFormation template as a dict",
            )

    @property
    def in_partition(self) -> str:
        """The partition."""
        if self.partition is not None:
            return self.partition
        return "aws" if self.region is None else partition_of(self.region).name

    @property
    def url_suffix(self) -> str:
        """The DNS suffix of the partition's services."""
        return url_suffix(self.in_partition, self.region)


def url_suffix(partition: str, region: str | None) -> str:
    """Return the DNS suffix of the services of a Region, or of a partition if it is unknown."""
    if region is not None:
        return partition_of(region).url_suffix
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def _check(value: object, pattern: re.Pattern[str], what: str, example: str) -> None:
    if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
        raise InvalidOptionError(
            what,
            must=f"be one {what}, such as {example}",
            got=value,
            remedy=f"correct it, or leave it out if the {what} is not known",
        )


def read_assembly(directory: str | Path) -> list[Stack]:
    """Return the stacks of a cloud assembly, with those of its stages and nested stacks.

    Raises:
        SecretAccessError: if the directory is no cloud assembly, or a file of it is broken.
    """
    return list(_read(Path(directory), depth=0))


def with_nested(stacks: Sequence[Stack], nested: Mapping[str, Mapping[str, Any]]) -> list[Stack]:
    """Return stacks with the templates of nested stacks, or of stack sets, that they lack.

    Args:
        stacks: the stacks.
        nested: each template by the logical id of the nested stack. The ids of the stacks that it
            is nested in come before it, and possibly the name of the stack: `Orders/Outer/Inner`.

    Raises:
        InvalidOptionError: if an id is of no nested stack, of several, or of one with a template.
    """
    found = list(stacks)
    for key in sorted(nested, key=lambda key: str(key).count("/")):
        missing = dict(_missing(found))
        places = [place for place, keys in missing.items() if key in keys]
        if len(places) != 1:
            known = sorted(keys[0] for keys in missing.values()) or ["none"]
            several = f"{len(places)} of them have this id" if places else "none has this id"
            raise InvalidOptionError(
                "nested",
                must="have the ids of nested stacks whose templates are not at hand "
                f"({', '.join(known)})",
                got=Text(f"{shown(key)}, and {several}"),
                remedy="give one of these",
            )
        at, *path = places[0]
        found[at] = _with_nested(found[at], path, nested[key])
    return found


def _missing(
    stacks: Sequence[Stack],
) -> Iterator[tuple[tuple[Any, ...], tuple[str, str]]]:
    """Yield the place of each nested stack without a template, and the two forms of its id."""

    def below(stack: Stack, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for logical_id, resource in stack.template["Resources"].items():
            type_ = resource.get("Type") if isinstance(resource, Mapping) else None
            if type_ in (NESTED_STACK, STACK_SET):
                inner = stack.nested.get(logical_id)
                here = (*path, str(logical_id))
                yield from (here,) if inner is None else below(inner, here)

    for at, stack in enumerate(stacks):
        for path in below(stack, ()):
            yield (at, *path), ("/".join((stack.name, *path)), "/".join(path))


def _with_nested(stack: Stack, path: Sequence[str], template: Mapping[str, Any]) -> Stack:
    logical_id, *rest = path
    inner = (
        _with_nested(stack.nested[logical_id], rest, template)
        if rest
        else Stack(logical_id, template)
    )
    return replace(stack, nested={**stack.nested, logical_id: inner})


def _read(directory: Path, depth: int) -> Iterator[Stack]:
    if depth > 10:
        _refuse(f"{directory} is nested too deeply")
    manifest = _json(directory / "manifest.json")
    artifacts = manifest.get("artifacts", {})
    if not isinstance(artifacts, Mapping):
        _refuse(f"{directory / 'manifest.json'} has the artifacts {shown(artifacts)}")
    for artifact_id, artifact in artifacts.items():
        properties = artifact.get("properties", {}) if isinstance(artifact, Mapping) else None
        if not isinstance(properties, Mapping):
            _refuse(f"artifact {artifact_id} of {directory} is {shown(artifact)}")
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _read(_inside(directory, properties.get("directoryName")), depth + 1)
        elif artifact.get("type") == "aws:cloudformation:stack":
            yield _stack(directory, artifact_id, artifact, properties)


def _stack(
    directory: Path, artifact_id: str, artifact: Mapping[str, Any], properties: Mapping[str, Any]
) -> Stack:
    template = _template(directory, properties.get("templateFile"))
    match = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
    if match is None:
        _refuse(f"environment of {artifact_id} is {shown(artifact.get('environment'))}")
    account, region = (None if part.startswith("unknown-") else part for part in match.groups())
    parameters = properties.get("parameters", {})
    if not isinstance(parameters, Mapping):
        _refuse(f"parameters of {artifact_id} is {shown(parameters)}")
    tags = properties.get("tags", {})
    if not isinstance(tags, Mapping) or not all(isinstance(tag, str) for tag in tags.values()):
        _refuse(f"tags of {artifact_id} is {shown(tags)}")
    assets = directory / f"{artifact_id}.assets.json"
    files = _json(assets).get("files", {}) if assets.exists() else {}
    return Stack(
        str(properties.get("stackName", artifact_id)),
        template,
        region=region,
        account=account,
        # As the command line does: what the app itself gives as parameters.
        parameters=parameters,
        nested=_nested(directory, template, files, depth=0),
        tags=tags,
        artifact=artifact_id,
        name_known=True,
        paths=_paths(directory, artifact),
    )


def _paths(directory: Path, artifact: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths of constructs, which CDK keeps beside the template."""
    metadata = artifact.get("metadata", {})
    file = artifact.get("additionalMetadataFile")
    if isinstance(file, str) and (directory / file).exists():
        metadata = _json(directory / file)
    found: dict[str, str] = {}
    for path, entries in metadata.items() if isinstance(metadata, Mapping) else ():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping) and entry.get("type") == "aws:cdk:logicalId":
                found[str(entry.get("data"))] = path.lstrip("/")
    return found


def _nested(
    directory: Path, template: Mapping[str, Any], files: object, depth: int
) -> dict[str, Stack]:
    """Return the templates of nested stacks and stack sets: assets, which a URL names by hash."""
    found: dict[str, Stack] = {}
    resources = template.get("Resources")
    if not isinstance(resources, Mapping) or not isinstance(files, Mapping) or depth > 10:
        return found
    for logical_id, resource in resources.items():
        if not isinstance(resource, Mapping) or resource.get("Type") not in (
            NESTED_STACK,
            STACK_SET,
        ):
            continue
        url = json.dumps(resource.get("Properties"))
        metadata = resource.get("Metadata")
        named = metadata.get("aws:asset:path") if isinstance(metadata, Mapping) else None
        for digest, asset in files.items():
            source = asset.get("source") if isinstance(asset, Mapping) else None
            if named is None and isinstance(source, Mapping) and f"{digest}.json" in url:
                named = source.get("path")
        if named is not None:
            nested = _template(directory, named)
            inner = _nested(directory, nested, files, depth + 1)
            found[logical_id] = Stack(logical_id, nested, nested=inner)
    return found


def _template(directory: Path, name: object) -> dict[str, Any]:
    """Return a template; CDK leaves Resources out of one that has none."""
    return {"Resources": {}, **_json(_inside(directory, name))}


def _inside(directory: Path, name: object) -> Path:
    if not isinstance(name, str) or not name:
        _refuse(f"a file of {directory} is named {shown(name)}")
    return directory / name


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(f"{path} can't be read: {(error.strerror or str(error)).lower()}")
    except (ValueError, RecursionError):
        _refuse(f"{path} is not JSON")
    if not isinstance(found, dict):
        _refuse(f"{path} is {shown(found)}")
    return found


def _refuse(given: str) -> NoReturn:
    raise InvalidTemplateError(
        given, allowed="a cloud assembly, as cdk synth writes it, is allowed", remedy=_FROM_CDK
    )
