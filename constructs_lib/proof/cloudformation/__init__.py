"""Templates and cloud assemblies become a model of the deployment."""
