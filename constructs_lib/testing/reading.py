"""Templates, read from a stack, a dict or a cloud assembly, with what they leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.cloudformation.model import Deployment, Document
from constructs_lib.proof.cloudformation.stacks import Stack, read_assembly
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.testing.cases import Asking
from constructs_lib.testing.given import Given, placed

Read = TypeVar("Read", bound="Templates")


@dataclass(frozen=True)
class Templates:
    """Templates that were read.

    Attributes:
        deployments: what was read: one for each way in which undecided conditions may turn out.
    """

    deployments: tuple[Deployment, ...]
    _stack: Any = None
    _stacks: tuple[Stack, ...] = ()
    _managed_policies: Mapping[str, Document] | None = None

    @property
    def _given(self) -> Given:
        return Given(self.deployments, self._stack)

    @property
    def _asking(self) -> Asking:
        return Asking(self._given)

    @classmethod
    def _of(
        cls: type[Read],
        stacks: Sequence[Stack],
        managed_policies: Mapping[str, Document] | None,
        stack_tags: Mapping[str, str] | None,
        stack: Any = None,
    ) -> Read:
        if stack_tags is not None:
            stacks = [replace(each, tags=stack_tags) for each in stacks]
        found = tuple(read(stacks, managed_policies=managed_policies))
        return cls(found, stack, tuple(stacks), managed_policies)

    @classmethod
    def from_stack(
        cls: type[Read],
        stack: Any,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
    ) -> Read:
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
        given = read_assembly(assembly.directory)
        stacks = placed(given, region, account, partition, parameters)
        return cls._of(stacks, managed_policies, stack_tags, stack)

    @classmethod
    def from_template(
        cls: type[Read],
        template: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
    ) -> Read:
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
        given = [Stack(name, each) for name, each in zip(names, templates, strict=False)]
        stacks = placed(given, region, account, partition, parameters)
        return cls._of(stacks, managed_policies, stack_tags)

    @classmethod
    def from_assembly(
        cls: type[Read],
        directory: str | Path,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
        stack_tags: Mapping[str, str] | None = None,
    ) -> Read:
        """Read all stacks of a cloud assembly: the directory that `cdk synth` writes (`cdk.out`).

        Raises:
            SecretAccessError: if it is no cloud assembly, or a template can't be understood.
        """
        stacks = placed(read_assembly(directory), region, account, partition, parameters)
        if not stacks:
            raise InvalidOptionError(
                "directory",
                must="be a cloud assembly with one stack or more",
                got=str(directory),
                remedy="run cdk synth, and give the directory that it wrote",
            )
        return cls._of(stacks, managed_policies, stack_tags)
