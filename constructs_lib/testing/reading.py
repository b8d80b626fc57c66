"""Templates of a stack, a dict or a cloud assembly, with the inputs of their deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, TypeVar

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.cloudformation.model import Deployment, Document
from constructs_lib.proof.cloudformation.stacks import Stack, read_assembly, with_nested
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.proof.cloudformation.yaml_templates import parse_template
from constructs_lib.testing.lookup import Lookup, with_inputs
from constructs_lib.testing.requests import AccessRequests

_Templates = TypeVar("_Templates", bound="Templates")
TemplateOrPath: TypeAlias = "Mapping[str, Any] | str | Path"


@dataclass(frozen=True)
class Templates:
    """Templates, as deployments.

    Attributes:
        deployments: the deployments: one for each outcome of the undecided conditions.
    """

    deployments: tuple[Deployment, ...]
    _stack: Any = None
    _stacks: tuple[Stack, ...] = ()
    _managed_policies: Mapping[str, Document] | None = None

    @property
    def _lookup(self) -> Lookup:
        return Lookup(self.deployments, self._stack)

    @property
    def _requests(self) -> AccessRequests:
        return AccessRequests(self._lookup)

    @classmethod
    def _of(
        cls: type[_Templates],
        stacks: Sequence[Stack],
        managed_policies: Mapping[str, Document] | None,
        stack_tags: Mapping[str, str] | None,
        stack: Any = None,
    ) -> _Templates:
        if stack_tags is not None:
            stacks = [replace(source, tags=stack_tags) for source in stacks]
        deployments = tuple(read(stacks, managed_policies=managed_policies))
        return cls(deployments, stack, tuple(stacks), managed_policies)

    @classmethod
    def from_stack(
        cls: type[_Templates],
        stack: Any,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
        nested: Mapping[str, TemplateOrPath] | None = None,
    ) -> _Templates:
        """Synthesize an app or a stage as it is now, and read all its stacks.

        Args:
            stack: the app, the stage, or a stack of it.
            region: the Region of stacks without a Region of their own.
            account: the account of stacks without an account of their own.
            partition: the partition. Omitted, it is that of the Region, or else `aws`.
            parameters: the values of parameters.
            managed_policies: documents of managed policies that the templates do not have.
            stack_tags: the tags of all stacks, in place of those that the app has.
            nested: the templates of nested stacks that CDK does not write, by logical id.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        from aws_cdk import Stack as CdkStack
        from aws_cdk import Stage

        if not isinstance(stack, CdkStack | Stage):
            raise InvalidOptionError(
                "stack",
                must="be an aws_cdk.Stack, Stage or App",
                got=stack,
                remedy="for a template use from_template, for cdk.out from_assembly",
            )
        stage = stack if isinstance(stack, Stage) else Stage.of(stack)
        assert stage is not None  # a stack without an app makes one
        assembly = stage.synth(force=True)
        stacks_read = with_nested(read_assembly(assembly.directory), _loaded_nested(nested))
        if not stacks_read:
            raise InvalidOptionError(
                "stack",
                must="be an app or a stage with one stack or more",
                got=stack,
                remedy="add its stacks to it first",
            )
        stacks = with_inputs(stacks_read, region, account, partition, parameters)
        of_stack = stack if isinstance(stack, CdkStack) else None
        return cls._of(stacks, managed_policies, stack_tags, of_stack)

    @classmethod
    def from_template(
        cls: type[_Templates],
        template: TemplateOrPath | Sequence[TemplateOrPath],
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
        nested: Mapping[str, TemplateOrPath] | None = None,
    ) -> _Templates:
        """Read one template, or several of one account and Region.

        Args:
            template: the template or templates: each a dict, or the path of a file of JSON or YAML.
            region: the Region.
            account: the account.
            partition: the partition. Omitted, it is that of the Region, or else `aws`.
            parameters: the values of parameters.
            managed_policies: documents of managed policies that the templates do not have.
            stack_tags: the tags of the stacks.
            nested: the templates of nested stacks, by logical id, or by the path of a stack that is
                nested in one: `{"Network": "network.yaml", "Network/Subnets": "subnets.yaml"}`.
                A name before them, such as `template 2/Network`, selects one of several templates.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        is_one = isinstance(template, Mapping | str | Path)
        several = [template] if is_one else template
        if not isinstance(several, Sequence) or not several:
            _refuse_template("template", template, ", or a list of them")
        templates = [_loaded("template", each, ", or a list of them") for each in several]
        names = ["template"] if len(templates) == 1 else []
        names += [f"template {number}" for number in range(1, len(templates) + 1)]
        stacks_read = [Stack(name, each) for name, each in zip(names, templates, strict=False)]
        stacks = with_inputs(
            with_nested(stacks_read, _loaded_nested(nested)), region, account, partition, parameters
        )
        return cls._of(stacks, managed_policies, stack_tags)

    @classmethod
    def from_assembly(
        cls: type[_Templates],
        directory: str | Path,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
        nested: Mapping[str, TemplateOrPath] | None = None,
    ) -> _Templates:
        """Read all stacks of a cloud assembly: the directory that `cdk synth` writes (`cdk.out`).

        Args:
            directory: the path of the cloud assembly.
            region: the Region of stacks without a Region of their own.
            account: the account of stacks without an account of their own.
            partition: the partition. Omitted, it is that of the Region, or else `aws`.
            parameters: the values of parameters.
            managed_policies: documents of managed policies that the templates do not have.
            stack_tags: the tags of all stacks, in place of those that the assembly has.
            nested: the templates of nested stacks that the assembly does not have, by logical id
                or by path, as for `from_template`.

        Raises:
            SecretAccessError: if it is no cloud assembly, or a template can't be understood.
        """
        if not isinstance(directory, str | Path):
            raise InvalidOptionError(
                "directory",
                must="be the path of a cloud assembly",
                got=directory,
                remedy="for a stack, a stage or an app use from_stack",
            )
        stacks_read = with_nested(read_assembly(directory), _loaded_nested(nested))
        stacks = with_inputs(stacks_read, region, account, partition, parameters)
        if not stacks:
            raise InvalidOptionError(
                "directory",
                must="be a cloud assembly with one stack or more",
                got=str(directory),
                remedy="run cdk synth, and give the directory that it wrote",
            )
        return cls._of(stacks, managed_policies, stack_tags)


def _loaded(what: str, template: Any, others: str = "") -> Mapping[str, Any]:
    """Return a template, from its file if a path is stacks_read."""
    if isinstance(template, str | Path):
        try:
            text = Path(template).read_text(encoding="utf-8")
        except (OSError, ValueError):
            _refuse_template(what, str(template), others)
        template = parse_template(text, str(template))
        if not isinstance(template, Mapping):
            _refuse_template(what, template, others)
    elif not isinstance(template, Mapping):
        _refuse_template(what, template, others)
    return template


def _loaded_nested(
    nested: Mapping[str, TemplateOrPath] | None,
) -> dict[str, Mapping[str, Any]]:
    if not isinstance(nested, Mapping | None):
        raise InvalidOptionError(
            "nested",
            must="be a mapping of logical ids to templates",
            got=nested,
            remedy='give it as {"Network": "network.yaml"}',
        )
    return {key: _loaded(f"nested template {key}", each) for key, each in (nested or {}).items()}


def _refuse_template(what: str, template: object, others: str) -> NoReturn:
    raise InvalidOptionError(
        what,
        must=f"be a dict or the path of a file of JSON or YAML{others}",
        got=template,
        remedy="for a directory use from_assembly, for a stack of CDK from_stack",
    )
