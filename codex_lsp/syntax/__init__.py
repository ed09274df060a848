"""What the text of a program says about its own structure, finished or not.

``lexical`` knows comments and strings, ``openers`` what opens a block, ``structure`` the brackets
and what stands for brackets, by tree-sitter (``tree``) or by looking at the text (``plain``).
``block`` has the stop rules that are built on them; ``rules`` chooses one. Nothing here has to
parse without errors: what is read is always being written.
"""
