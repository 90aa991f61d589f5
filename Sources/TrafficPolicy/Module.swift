// The module's files arrive beside this one.
