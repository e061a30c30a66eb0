using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Eddy.Fuzzing.Coverage;

/// <summary>
/// Copies this program into another directory, the product's assemblies rewritten: each basic block begins with a call of
/// <see cref="CoverageMap.Hit"/>. Nothing else about them changes.
/// </summary>
internal static class Instrumenter
{
    private static readonly string[] Products = ["Eddy.Core", "Eddy.Engine", "Eddy.Lnd", "Eddy.Grpc", "Eddy.Protos", "Eddy.Simulator", "Eddy.Sqlite", "eddy"];

    /// <summary>Blocks that were given a counter, by assembly.</summary>
    public static IReadOnlyDictionary<string, int> Rewrite(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        var blocks = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0u;
        foreach (var product in Products)
        {
            blocks[product] = Rewrite(Path.Combine(from, $"{product}.dll"), Path.Combine(to, $"{product}.dll"), static _ => true, ref number);
        }

        // The planted fault is found by the same means as a real one, or it would prove nothing.
        var own = typeof(Instrumenter).Assembly.GetName().Name!;
        blocks[own] = Rewrite(
            Path.Combine(from, $"{own}.dll"), Path.Combine(to, $"{own}.dll"), static type => type.Name.StartsWith("Planted", StringComparison.Ordinal), ref number);
        return blocks;
    }

    private static int Rewrite(string source, string destination, Predicate<TypeDefinition> isMeant, ref uint number)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(source));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location));
        using var module = ModuleDefinition.ReadModule(source, new ReaderParameters { AssemblyResolver = resolver });
        var hit = Hit(module);
        var first = number;
        foreach (var type in module.GetAllTypes().Where(type => isMeant(type)))
        {
            foreach (var method in type.Methods.Where(static method => method.HasBody && method.Body.Instructions.Count > 0))
            {
                Rewrite(method.Body, hit, ref number);
            }
        }

        module.Write(destination);
        return (int)(number - first);
    }

    private static MethodReference Hit(ModuleDefinition module)
    {
        var name = typeof(CoverageMap).Assembly.GetName();
        IMetadataScope scope = module;
        if (module.Assembly.Name.Name != name.Name)
        {
            var reference = new AssemblyNameReference(name.Name, name.Version);
            module.AssemblyReferences.Add(reference);
            scope = reference;
        }

        var type = new TypeReference(typeof(CoverageMap).Namespace, nameof(CoverageMap), module, scope);
        var hit = new MethodReference(nameof(CoverageMap.Hit), module.TypeSystem.Void, type);
        hit.Parameters.Add(new ParameterDefinition(module.TypeSystem.Int32));
        return hit;
    }

    private static void Rewrite(MethodBody body, MethodReference hit, ref uint number)
    {
        body.SimplifyMacros();
        var entries = new Dictionary<Instruction, Instruction>();
        var il = body.GetILProcessor();
        foreach (var leader in Leaders(body))
        {
            // Numbers that look random, so that edges rarely share a place in the map; the same in every run.
            var block = (int)(unchecked(++number * 0x9E3779B1u) >> 16);
            var load = il.Create(OpCodes.Ldc_I4, block);
            entries.Add(leader, load);
            il.InsertBefore(leader, load);
            il.InsertBefore(leader, il.Create(OpCodes.Call, hit));
        }

        foreach (var instruction in body.Instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => Entry(target),
                Instruction[] targets => Array.ConvertAll(targets, Entry),
                var operand => operand,
            };
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            handler.TryStart = Entry(handler.TryStart);
            handler.TryEnd = EntryOrEnd(handler.TryEnd);
            handler.HandlerStart = Entry(handler.HandlerStart);
            handler.HandlerEnd = EntryOrEnd(handler.HandlerEnd);
            handler.FilterStart = EntryOrEnd(handler.FilterStart);
        }

        body.OptimizeMacros();

        Instruction Entry(Instruction instruction) => entries.GetValueOrDefault(instruction, instruction);

        Instruction? EntryOrEnd(Instruction? instruction) => instruction is null ? null : Entry(instruction);
    }

    private static List<Instruction> Leaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction> { body.Instructions[0] };
        foreach (var instruction in body.Instructions)
        {
            switch (instruction.Operand)
            {
                case Instruction target:
                    leaders.Add(target);
                    break;
                case Instruction[] targets:
                    leaders.UnionWith(targets);
                    break;
            }

            var ends = instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw;
            if (ends && instruction.Next is { } next)
            {
                leaders.Add(next);
            }
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.TryStart);
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart is { } filter)
            {
                leaders.Add(filter);
            }
        }

        return [.. body.Instructions.Where(leaders.Contains)];
    }
}
