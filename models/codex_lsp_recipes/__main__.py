from codex_lsp_recipes.cli import main

if __name__ == "__main__":
    main()
