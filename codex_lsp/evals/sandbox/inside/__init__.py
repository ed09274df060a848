"""What runs inside of the sandbox: standard library only, imported by no one outside of it.

The sandbox shows this folder to its processes as the package ``inside``; hence the relative
imports.
"""
