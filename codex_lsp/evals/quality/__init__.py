"""How good completions are where people write code: holes cut into real files, filled again.

The model's samples are drawn once and kept; the pipeline of the editor runs on what is kept, in
seconds. So filters, rankers and versions of this project are compared on the same samples.
"""
