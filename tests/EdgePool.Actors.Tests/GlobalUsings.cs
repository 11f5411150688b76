// The contract suite sees actors only through these: with Akka.Actor, Akka.Event, Akka.Pattern and Akka.TestKit instead, it pins Akka.NET.
global using EdgePool.Actors;
global using EdgePool.Testing.Actors;
global using Xunit;
