using EdgePool.Actors.Scheduling;

namespace EdgePool.Actors.Cells;

/// <summary>Start, failure, restart and end of one actor.</summary>
internal sealed partial class ActorCell
{
    private IActorRef? _failedBy;
    private Exception? _restartCause;
    private RestartStatistics _restartStatistics;

    /// <summary>This child's restarts, counted by its parent in the parent's turns.</summary>
    public ref RestartStatistics RestartStatistics => ref _restartStatistics;

    private void Start()
    {
        try
        {
            CreateInstance();
            _actor!.CallPreStart();
        }
        catch (Exception cause)
        {
            _actor = null;
            ReleaseIncarnation();
            throw cause as ActorInitializationException
                ?? new ActorInitializationException(Self, $"{Self} could not be started: {cause.Message}", cause);
        }
    }

    private void CreateInstance()
    {
        t_constructing = this;
        try
        {
            _actor = Props.NewActor() ?? throw new ActorInitializationException(Self, $"The Props of {Self} made no actor.");
        }
        finally
        {
            t_constructing = null;
        }

        _actor.Constructed();
        if (_actor is IWithTimers withTimers)
        {
            withTimers.Timers = _timers = new ActorTimers(this);
        }

        if (_actor is IWithStash withStash)
        {
            withStash.Stash = _stash = new StashBuffer(this);
        }
    }

    /// <summary>What dies with an instance: its timers and receive timeout. Stashed messages return to the mailbox.</summary>
    private void ReleaseIncarnation()
    {
        _timers?.CancelAll();
        _timers = null;
        _receiveTimeout?.Stop();
        _receiveTimeout = null;
        _stash?.UnstashAll();
        _stash = null;
    }

    private void Fail(Exception cause, IActorRef perpetrator)
    {
        if (_phase != Phase.Living)
        {
            Report(cause, "Failure while stopping.");
            return;
        }

        if (_failedBy is not null)
        {
            Report(cause, "Another failure while the first is being decided.");
            return;
        }

        _failedBy = perpetrator;
        Mailbox.SuspendMessages();
        TellChildren(child =>
        {
            if (!ReferenceEquals(child.Self, perpetrator))
            {
                child.Mailbox.Post(new Suspend());
            }
        });
        System.Metrics.CountFailure();
        if (ParentCell is null)
        {
            Report(cause, "The root failed: the system stops.");
            Mailbox.Post(new Terminate());
        }
        else
        {
            ParentCell.Mailbox.Post(new Failed(this, cause));
        }
    }

    private void HandleChildFailure(Failed failed)
    {
        if (!IsChild(failed.Child))
        {
            return;
        }

        var strategy = _actor?.Strategy ?? SupervisorStrategy.DefaultStrategy;
        if (!strategy.HandleFailure(this, failed.Child, failed.Cause))
        {
            Fail(failed.Cause, failed.Child.Self);
        }
    }

    private void HandleResume(Resume resume)
    {
        if (_actor is null && resume.CausedByFailure)
        {
            BeginRestart(new ActorInitializationException(Self, $"{Self} had not been started."));
            return;
        }

        var perpetrator = _failedBy;
        Mailbox.ResumeMessages();
        if (resume.CausedByFailure)
        {
            _failedBy = null;
            _current = default;
        }

        TellChildren(child => child.Mailbox.Post(
            new Resume(resume.CausedByFailure && ReferenceEquals(child.Self, perpetrator))));
    }

    private void BeginRestart(Exception cause)
    {
        if (_phase != Phase.Living || _restartCause is not null)
        {
            return;
        }

        _restartCause = cause;
        if (_actor is null)
        {
            TellChildren(StopChild);
        }
        else
        {
            EndIncarnation(cause, _actor);
        }

        ReleaseIncarnation();
        _actor = null;
        if (!HasStoppingChildren)
        {
            FinishRestart();
        }
    }

    private void EndIncarnation(Exception cause, ActorBase actor)
    {
        try
        {
            actor.CallPreRestart(cause, _current.Message);
        }
        catch (Exception failure)
        {
            Report(failure, "PreRestart failed.");
        }
    }

    private void FinishRestart()
    {
        var cause = _restartCause!;
        var survivors = ChildCells();
        _restartCause = null;
        _failedBy = null;
        _current = default;
        Mailbox.ResumeMessages();
        try
        {
            CreateInstance();
            _actor!.CallPostRestart(cause);
        }
        catch (Exception failure)
        {
            _actor = null;
            ReleaseIncarnation();
            throw new PostRestartException(Self, failure, cause);
        }

        System.Metrics.CountRestart();
        foreach (var child in survivors)
        {
            child.Mailbox.Post(new Restart(cause));
        }
    }

    private void BeginEnding()
    {
        if (_phase != Phase.Living)
        {
            return;
        }

        CloseChildren();
        _restartCause = null;
        Mailbox.SuspendMessages();
        TellChildren(StopChild);
        if (!HasChildren)
        {
            FinishEnding();
        }
    }

    private void FinishEnding()
    {
        try
        {
            _actor?.CallPostStop();
        }
        catch (Exception failure)
        {
            Report(failure, "PostStop failed.");
        }

        ReleaseIncarnation();
        _actor = null;
        _current = default;
        _phase = Phase.Ended;
        Mailbox.ReleaseMessages();
        System.Metrics.CountEnded();
        TellOfDeath();
        if (ParentCell is null)
        {
            System.CompleteTermination();
        }
    }
}
