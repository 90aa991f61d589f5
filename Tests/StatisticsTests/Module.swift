// The module's tests arrive beside this file.
