std = 'luajit'
cache = false
globals = { 'vim' }
max_line_length = 100
-- A method need not use `self`, and an argument that begins with `_` is there for its place.
self = false
ignore = { '212/_.*' }
