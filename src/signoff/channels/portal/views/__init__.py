"""The portal's pages, by topic. A page asks one use case or starts one workflow, and shows it."""
