"""What the Codex paper measures, through the engine, the sampling and the ranking the editor uses.

Source of the method: Chen et al. 2021, *Evaluating Large Language Models Trained on Code*. Every
measure is a pure function of the JSON lines that a run leaves behind. Nothing here knows the
command line, the language server or how progress is shown.
"""
