# says: there is no directive nonsense
nonsense 1 2
