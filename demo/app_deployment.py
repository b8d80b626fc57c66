"""The app, synthesized and deployed by the real CDK command line."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.emulator import Aws
from demo.processes import Failed, run

ROOT = Path(__file__).resolve().parent.parent
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


@dataclass(frozen=True)
class AppDeployment:
    """Deploys app.py to an emulated AWS, with files in `directory`."""

    aws: Aws
    directory: Path

    def deploy(self, context: dict[str, str]) -> None:
        """Synthesize the app with `context`, and deploy it: a first time, or as an update."""
        assembly = self._assembly
        shutil.rmtree(assembly, ignore_errors=True)
        environment = {
            **self._environment,
            "CDK_CONTEXT_JSON": json.dumps({**context, "synthesizer": "bootstrapless"}),
            "CDK_OUTDIR": str(assembly),
        }
        output = self.directory / "synth.log"
        run([sys.executable, "app.py"], env=environment, cwd=ROOT, output=output, what="app.py")
        self._cdk("deploy", "--require-approval", "never", "--method", "direct")

    def destroy(self) -> None:
        """Delete the stack."""
        self._cdk("destroy", "--force")

    @property
    def _environment(self) -> dict[str, str]:
        # What a program leaves behind when it is stopped is to go with the directory.
        return {**self.aws.environment(), "TMPDIR": str(self.directory)}

    @property
    def _assembly(self) -> Path:
        return self.directory / "cdk.out"

    def _cdk(self, command: str, *options: str) -> None:
        node = os.environ.get("JSII_NODE") or shutil.which("node")
        if node is None or not CDK.exists():
            raise Failed(
                f"the CDK command line is not at {CDK}; it is installed with the rest; "
                "run it as `make demo`"
            )
        run(
            [node, CDK, command, "--app", self._assembly, *options],
            env=self._environment,
            cwd=ROOT,
            output=self.directory / f"{command}.log",
            what=f"cdk {command}",
        )
