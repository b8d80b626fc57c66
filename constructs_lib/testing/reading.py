"""Templates of a stack, a dict or a cloud assembly, with the inputs of their deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.cloudformation.model import Deployment, Document
from constructs_lib.proof.cloudformation.stacks import Stack, read_assembly
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.testing.lookup import Lookup, with_inputs
from constructs_lib.testing.requests import AccessRequests

_Templates = TypeVar("_Templates", bound="Templates")


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
    ) -> _Templates:
        """Synthesize a stack's app (or stage) as it is now, and read all its stacks.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        from aws_cdk import Stack as CdkStack
        from aws_cdk import Stage

        if not isinstance(stack, CdkStack):
            raise InvalidOptionError(
                "stack",
                must="be an aws_cdk.Stack",
                got=stack,
                remedy="for a template use from_template, for cdk.out from_assembly",
            )
        stage = Stage.of(stack)
        assert stage is not None  # a stack without an app makes one
        assembly = stage.synth(force=True)
        stacks = with_inputs(
            read_assembly(assembly.directory), region, account, partition, parameters
        )
        return cls._of(stacks, managed_policies, stack_tags, stack)

    @classmethod
    def from_template(
        cls: type[_Templates],
        template: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
    ) -> _Templates:
        """Read one template, or several of one account and Region, each a dict.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        templates = [template] if isinstance(template, Mapping) else template
        if isinstance(templates, str) or not isinstance(templates, Sequence) or not templates:
            raise InvalidOptionError(
                "template",
                must="be a dict, or a list of them",
                got=template,
                remedy="load the template first; for a directory use from_assembly",
            )
        names = ["template"] if len(templates) == 1 else []
        names += [f"template {number}" for number in range(1, len(templates) + 1)]
        stacks = with_inputs(
            [Stack(name, document) for name, document in zip(names, templates, strict=False)],
            region,
            account,
            partition,
            parameters,
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
    ) -> _Templates:
        """Read all stacks of a cloud assembly: the directory that `cdk synth` writes (`cdk.out`).

        Raises:
            SecretAccessError: if it is no cloud assembly, or a template can't be understood.
        """
        stacks = with_inputs(read_assembly(directory), region, account, partition, parameters)
        if not stacks:
            raise InvalidOptionError(
                "directory",
                must="be a cloud assembly with one stack or more",
                got=str(directory),
                remedy="run cdk synth, and give the directory that it wrote",
            )
        return cls._of(stacks, managed_policies, stack_tags)
