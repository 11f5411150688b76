global using EdgePool.Actors;
