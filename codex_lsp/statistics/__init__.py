"""How suggestions fare on this machine: counts in a database of the user's, and what they say."""
