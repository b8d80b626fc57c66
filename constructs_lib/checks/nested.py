"""The templates of nested stacks, which CDK does not hand out: they are assets of the outer one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from constructs_lib.checks.quotas import Template


def with_nested(template: Template) -> Iterator[Template]:
    """Yield a stack's template, and those of the stacks that are nested in it, and in them."""
    path = Path(template.path)
    assets = path.with_name(path.name.removesuffix(".template.json") + ".assets.json")
    files = (
        json.loads(assets.read_text(encoding="utf-8")).get("files", {}) if assets.exists() else {}
    )
    sources = {
        digest: path.parent / file["source"]["path"]
        for digest, file in files.items()
        if "path" in file["source"]  # of others, a program makes the file
    }
    yield from _with_nested(template, sources)


def _with_nested(template: Template, sources: dict[str, Path]) -> Iterator[Template]:
    yield template
    for logical_id, type_, properties, sure in template.resources():
        if type_ != "AWS::CloudFormation::Stack":
            continue
        # TemplateURL ends in the asset's name, which is its hash.
        url = json.dumps(properties.get("TemplateURL"))
        parameters = properties.get("Parameters")
        for digest, source in sources.items():
            if f"/{digest}.json" in url:
                inner = json.loads(source.read_text(encoding="utf-8"))
                yield from _with_nested(
                    replace(
                        template,
                        path=str(source),
                        stack=f"{template.stack}/{logical_id}",
                        lengths=replace(template.lengths, template=inner),
                        outer=template,
                        parameters=parameters if isinstance(parameters, dict) else {},
                        sure=sure,
                    ),
                    sources,
                )
