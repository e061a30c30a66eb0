// The daemon of these tests is the simulation's own.
global using TestDaemon = Eddy.Simulator.SimulatedDaemon;
