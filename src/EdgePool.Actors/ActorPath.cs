using System.Buffers;

namespace EdgePool.Actors;

/// <summary>
/// The place of an actor in the tree, written <c>akka://system/user/parent/child</c>. Compared by value; it says nothing about
/// which incarnation of a name is meant.
/// </summary>
public sealed class ActorPath : IEquatable<ActorPath>
{
    private static readonly SearchValues<char> ElementChars = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*$+:@&=,!~';%");

    private readonly string _system;

    private ActorPath(string system, ActorPath? parent, string name)
    {
        _system = system;
        Parent = parent!;
        Name = name;
    }

    /// <summary>The last element; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The parent's path; null for the root.</summary>
    public ActorPath Parent { get; }

    /// <summary>The names from the root down.</summary>
    public IReadOnlyList<string> Elements
    {
        get
        {
            var names = new List<string>();
            for (var path = this; path.Parent is not null; path = path.Parent)
            {
                names.Add(path.Name);
            }

            names.Reverse();
            return names;
        }
    }

    /// <summary>The path of a child.</summary>
    public static ActorPath operator /(ActorPath path, string name)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Child(name);
    }

    /// <summary>Equal by value.</summary>
    public static bool operator ==(ActorPath? left, ActorPath? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Different by value.</summary>
    public static bool operator !=(ActorPath? left, ActorPath? right) => !(left == right);

    /// <summary>
    /// Whether a user may give this name to an actor: not empty, ASCII letters, digits and <c>-_.*$+:@&amp;=,!~';</c>, any other octet
    /// as %XX, and not beginning with <c>$</c>, which generated names begin with.
    /// </summary>
    public static bool IsValidPathElement(string? name)
    {
        if (string.IsNullOrEmpty(name) || name[0] == '$' || name.AsSpan().ContainsAnyExcept(ElementChars))
        {
            return false;
        }

        for (var at = name.IndexOf('%', StringComparison.Ordinal); at >= 0; at = name.IndexOf('%', at + 1))
        {
            if (at + 2 >= name.Length || !char.IsAsciiHexDigit(name[at + 1]) || !char.IsAsciiHexDigit(name[at + 2]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The path of a child.</summary>
    public ActorPath Child(string childName) => new(_system, this, childName);

    /// <summary>The path without the name of the system: <c>/user/parent/child</c>.</summary>
    public string ToStringWithoutAddress() => "/" + string.Join('/', Elements);

    /// <inheritdoc/>
    public override string ToString() => $"akka://{_system}{ToStringWithoutAddress()}";

    /// <inheritdoc/>
    public bool Equals(ActorPath? other)
    {
        var left = this;
        var right = other;
        while (!ReferenceEquals(left, right))
        {
            if (left is null || right is null || !string.Equals(left.Name, right.Name, StringComparison.Ordinal)
                || !string.Equals(left._system, right._system, StringComparison.Ordinal))
            {
                return false;
            }

            left = left.Parent;
            right = right.Parent;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ActorPath);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(StringComparer.Ordinal.GetHashCode(Name), Parent is null ? 0 : StringComparer.Ordinal.GetHashCode(Parent.Name));

    internal static ActorPath Root(string system) => new(system, null, string.Empty);
}
