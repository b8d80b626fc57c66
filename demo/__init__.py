"""The article's five policies, deployed to an AWS emulated on this machine and tried out."""
