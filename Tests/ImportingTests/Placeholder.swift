// Tests come with the branch that writes them.
